"""Wrong manifests: each is refused with what, where and how to fix it, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fsvfx.errors import ManifestError
from fsvfx.manifests import jobs

WHOLE = None
"""In place of the text to replace: the new text is the whole file."""

FRAMES = "frames: 1001-1240"
PLATE = "path: plates/sh0040.mp4"
SWAP = "performer: double, identity: lead, engine: landmark_warp, settings: {}"
EXR = '{kind: exr, path: "out/{shot}/{shot}.{frame}.exr"}'
REVIEW = '{kind: review, path: "out/{shot}/{shot}.mp4"}'
SHOT = "shots[0]"
MODE = "mode: seamless"
ENTRY = "shots[0].replace[0]"

# id, the text that is replaced, what stands there instead, where it is told, what is told, how it is to be fixed
WRONG = [
    # The file
    ("empty", WHOLE, "", "(file)", "empty", "examples/"),
    ("only a comment", WHOLE, "# nothing\n", "(file)", "empty", "examples/"),
    ("a list", WHOLE, "- a\n- b\n", "(file)", "a manifest must be a mapping", "schema_version: 1"),
    ("a word", WHOLE, "harbour\n", "(file)", "a manifest must be a mapping", "schema_version: 1"),
    ("two documents", "store: work/", "---\nstore: work/", "(file)", "not valid YAML", "one document"),
    ("tabs", "store: work/", "store:\n\t- a", "(file)", "not valid YAML", "spaces"),
    ("open bracket", "store: work/", "store: [work", "(file)", "not valid YAML", "brackets"),
    ("alias of nothing", "store: work/", "store: *work", "(file)", "undefined alias", "quotes"),
    ("python tag", "store: work/", "store: !!python/name:os.system x", "store", "not supported", "plain value"),
    ("own tag", "composite: {", "composite: !comp {", "shots[0].composite", "not supported", "plain value"),
    ("key twice", "store: work/", "store: work/\nstore: b/", "store", "given twice", "Keep one"),
    ("key twice, inside", "chunk_size: 24", "chunk_size: 24\n    name: b", "shots[0].name", "given twice", "Keep one"),
    ("nested too deeply", "store: work/", f"store: {'[' * 200}{']' * 200}", "(file)", "deep", ""),
    ("nested without end", "store: work/", f"store: {'[' * 9000}", "(file)", "", "plain YAML"),
    # Versions
    ("not a version", "schema_version: 1\n", "", "schema_version", "missing", "schema_version: 1"),
    ("newer version", "schema_version: 1", "schema_version: 2", "schema_version", "newer", "Install"),
    ("version in words", "schema_version: 1", "schema_version: one", "schema_version", "not a version",
     "schema_version: 1"),
    ("version true", "schema_version: 1", "schema_version: true", "schema_version", "not a version",
     "schema_version: 1"),
    # Keys
    ("unknown key", "chunk_size: 24", "chunksize: 24", f"{SHOT}.chunksize", "not a field", "'chunk_size'"),
    ("unknown key on top", "store: work/", "stores: work/", "stores", "not a field", "'store'"),
    ("unknown key in the plate", "color_space: sRGB", "color_spce: sRGB", f"{SHOT}.plate.color_spce", "not a field",
     "'color_space'"),
    ("both spellings", "color_space: sRGB", "color_space: sRGB, colour_space: sRGB", f"{SHOT}.plate.colour_space",
     "'colour_space' and 'color_space' are both given", "Keep color_space"),
    ("both spellings on top", "store: work/", "color: {}\ncolour: {}\nstore: work/", "colour",
     "both given", "Keep color"),
    ("another tool's key", "color_space: sRGB", "color_space: sRGB, fps: 24", f"{SHOT}.plate.fps", "not a field",
     "'frame_rate'"),
    ("unknown key in an override", "erode: 4", "errode: 4", f"{SHOT}.composite.overrides[0].errode", "not a field",
     "'erode'"),
    ("unknown key in deliver", REVIEW, '{kind: review, path: "o/{shot}.mp4", cfr: 9}', "deliver[1].cfr", "not a field",
     "'crf'"),
    ("unknown key of a person", "references: []", "reference: []", "people.double.reference", "not a field",
     "'references'"),
    ("retime", "chunk_size: 24", "retime: 0.5", f"{SHOT}.retime", "does not retime", "retimed plate"),
    ("key like none", "store: work/", "zzzz: 1", "zzzz", "not a field", "schema_version, production"),
    # What is missing
    ("no production", "production: harbour\n", "", "production", "missing", "Add production"),
    ("no colour space", ", color_space: sRGB", "", f"{SHOT}.plate.color_space", "missing", "OCIO"),
    ("no frames", "frames: 1001-1240, ", "", f"{SHOT}.plate.frames", "missing", "production numbers"),
    ("no kind", "kind: review, ", "", "deliver[1]", "kind is missing", "contact_sheet"),
    ("no shots", WHOLE, "schema_version: 1\nproduction: a\npeople: {}\nshots: []\n", "shots", "empty", "at least 1"),
    ("no consent", ", consent: consents/double.yaml", "", "people.double.consent", "missing", "consent record"),
    # Kinds of values
    ("production is a number", "production: harbour", "production: 40", "production", "40 is not text", "quotes"),
    ("chunk size in words", "chunk_size: 24", "chunk_size: many", f"{SHOT}.chunk_size", "not a whole number", "whole"),
    ("chunk size in quotes", "chunk_size: 24", 'chunk_size: "24"', f"{SHOT}.chunk_size", "not a whole number",
     "without"),
    ("chunk size true", "chunk_size: 24", "chunk_size: true", f"{SHOT}.chunk_size", "true is not", "whole number"),
    ("chunk size 1.5", "chunk_size: 24", "chunk_size: 1.5", f"{SHOT}.chunk_size", "1.5 is not a whole", "whole"),
    ("references are one text", "references: []", "references: refs/a.mp4", "people.double.references", "not a list",
     "[...]"),
    ("plate is text", "composite: {mode: seamless, overrides: [{frames: 1100-1120, erode: 4}]}", "composite: seamless",
     f"{SHOT}.composite", "not a mapping", "{key: value}"),
    ("nothing where text is", "store: work/", "store:", "store", "not filled in", "Write: where results are stored"),
    ("roll: yes", "chunk_size: 24", "faces: {roll: yes}", f"{SHOT}.faces.roll", "not true or false", "true or false"),
    # Windows of numbers
    ("chunk size 0", "chunk_size: 24", "chunk_size: 0", f"{SHOT}.chunk_size", "out of range", "at least 1"),
    ("chunk size 100000", "chunk_size: 24", "chunk_size: 100000", f"{SHOT}.chunk_size", "out of range", "at most 240"),
    ("opacity 2", "erode: 4", "opacity: 2", f"{SHOT}.composite.overrides[0].opacity", "out of range", "at most 1"),
    ("score 0", "chunk_size: 24", "faces: {min_score: 0}", f"{SHOT}.faces.min_score", "out of range", "more than 0"),
    ("NaN", "erode: 4", "erode: .nan", f"{SHOT}.composite.overrides[0].erode", "not a finite number", "number"),
    ("infinity", "erode: 4", "erode: -.inf", f"{SHOT}.composite.overrides[0].erode", "not a finite number", "number"),
    ("1e999", "erode: 4", "erode: 1.0e+999", f"{SHOT}.composite.overrides[0].erode", "not a finite number", "number"),
    ("first frame out of reach", "first_frame: 1001", "first_frame: -10000000", f"{SHOT}.plate.first_frame",
     "out of range", "at least -9999999"),
    ("negative seed", "chunk_size: 24", "seed: -4", f"{SHOT}.seed", "out of range", "at least 0"),
    # Compositing
    ("matte in words", MODE, "matte: the face", f"{SHOT}.composite.matte", "wrong form", "learned*plate+external"),
    ("matte that is none", MODE, "matte: learned*xseg", f"{SHOT}.composite.matte", "wrong form", "Join learned"),
    ("matte open-ended", "erode: 4", "matte: learned+", f"{SHOT}.composite.overrides[0].matte", "wrong form", "Join"),
    ("no roto to be external", MODE, "matte: learned*external", f"{SHOT}.composite.matte", "no roto in replace[0]",
     "Add a roto to each entry"),
    ("no roto for an override", "erode: 4", "matte: external", f"{SHOT}.composite.overrides[0].matte", "no roto",
     "Add a roto to each entry"),
    ("roto for nothing", SWAP, f'{SWAP}, roto: "roto/m.####.exr"', f"{ENTRY}.roto", "has no effect",
     "learned*external"),
    ("unknown segmenter", MODE, "occlusion: texture_and_hand", f"{SHOT}.composite.occlusion", "No segmenter",
     "'texture_and_hands'"),
    ("unknown segmenter in an override", "erode: 4", "occlusion: xseg", f"{SHOT}.composite.overrides[0].occlusion",
     "No segmenter", "embedded"),
    ("unknown super-resolver", MODE, "super_resolver: back_projektion", f"{SHOT}.composite.super_resolver",
     "No super-resolver", "'back_projection'"),
    ("option of another tool", MODE, "blur: 4", f"{SHOT}.composite.blur", "not a field", "motion_blur"),
    ("option misspelt in an override", "erode: 4", "color_transfr: rct",
     f"{SHOT}.composite.overrides[0].color_transfr", "not a field", "'color_transfer'"),
    ("transfer unknown", MODE, "color_transfer: reinhard", f"{SHOT}.composite.color_transfer", "not a valid choice",
     "rct"),
    ("too much opacity", MODE, "opacity: 1.5", f"{SHOT}.composite.opacity", "out of range", "at most 1"),
    ("bands as text", MODE, 'bands: "six"', f"{SHOT}.composite.bands", "not a whole number", ""),
    ("too few bands in an override", "erode: 4", "bands: 1", f"{SHOT}.composite.overrides[0].bands", "out of range",
     "at least 2"),
    ("feather without end", MODE, "feather: .inf", f"{SHOT}.composite.feather", "", "number"),
    ("mode of another tool", "mode: seamless", "mode: seemless", f"{SHOT}.composite.mode", "not a valid choice",
     "seamless"),
    ("unknown kind", "kind: review", "kind: preview", "deliver[1]", "not a valid choice", "Did you mean review?"),
    ("unknown use", "chunk_size: 24", "use: advert", f"{SHOT}.use", "not a valid choice", "stunt_double"),
    # Names
    ("name with a slash", "name: sh0040", "name: sq/sh0040", f"{SHOT}.name", "wrong form", "letters, digits"),
    ("name of dots", "production: harbour", "production: ..", "production", "wrong form", "letters, digits"),
    ("person with a space", "  lead: {", "  the lead: {", "people.the lead", "wrong form", "letters, digits"),
    ("two shots of one name", "name: sh0050", "name: sh0040", "shots[1].name", "another shot", "own name"),
    ("names apart by case", "name: sh0050", "name: SH0040", "shots[1].name", "another shot", "own name"),
    # Frames
    ("step with :", FRAMES, "frames: '1001-1240:3'", f"{SHOT}.plate.frames", "':' means two things", "1001-1010x3"),
    ("a gap", FRAMES, "frames: '1001-1010,1020'", f"{SHOT}.plate.frames", "skips frame 1011", "without gaps"),
    ("backwards", FRAMES, "frames: 1240-1001", f"{SHOT}.plate.frames", "runs backwards", "1001-1240"),
    ("no range", FRAMES, "frames: all", f"{SHOT}.plate.frames", "not a frame range", "1001-1240"),
    ("a range in a list", FRAMES, "frames: [1001, 1240]", f"{SHOT}.plate.frames", "not a frame range", "1001-1240"),
    ("a comma without quotes", FRAMES, "frames: 1001,1005", f"{SHOT}.plate.1005", "not a field", "Available"),
    ("endless", FRAMES, "frames: 0-9999999", f"{SHOT}.plate.frames", "over 250000 frames", "1001-1240"),
    ("before the video", FRAMES, "frames: 990-1240", f"{SHOT}.plate.frames", "before the plate's first", "first_frame"),
    ("override outside", "{frames: 1100-1120, erode", "{frames: 1240-1250, erode",
     f"{SHOT}.composite.overrides[0].frames",
     "frame 1241 is not in", "1001-1240"),
    ("settings outside", "{frames: 1100-1120, settings", "{frames: 900, settings", f"{ENTRY}.overrides[0].frames",
     "frame 900 is not in", "1001-1240"),
    ("frame rate 0", "color_space: sRGB", "color_space: sRGB, frame_rate: 0", f"{SHOT}.plate.frame_rate",
     "out of range",
     "24000"),
    ("frame rate over 0", "color_space: sRGB", "color_space: sRGB, frame_rate: 24/0", f"{SHOT}.plate.frame_rate",
     "out of range", "24000"),
    ("frame rate in words", "color_space: sRGB", "color_space: sRGB, frame_rate: pal", f"{SHOT}.plate.frame_rate",
     "'pal' is not a frame rate", "23.976"),
    ("frame rate with its unit", "color_space: sRGB", "color_space: sRGB, frame_rate: 24p", f"{SHOT}.plate.frame_rate",
     "'24p' is not a frame rate", "23.976"),
    ("frame rate NaN", "color_space: sRGB", "color_space: sRGB, frame_rate: .nan", f"{SHOT}.plate.frame_rate",
     "not a finite number", "Write a number"),
    ("frame rate below 0", "color_space: sRGB", "color_space: sRGB, frame_rate: -24", f"{SHOT}.plate.frame_rate",
     "not a frame rate", "23.976"),
    ("frame rate beyond any camera", "color_space: sRGB", "color_space: sRGB, frame_rate: 1e9",
     f"{SHOT}.plate.frame_rate", "out of range", "23.976"),
    ("frame rate empty", "color_space: sRGB", 'color_space: sRGB, frame_rate: ""', f"{SHOT}.plate.frame_rate",
     "not a frame rate", "23.976"),
    ("timecode of 25 hours", "color_space: sRGB",
     'color_space: sRGB, timecode: "25:00:00:00"', f"{SHOT}.plate.timecode",
     "wrong form", "01:00:00:00"),
    ("timecode beyond the rate", "color_space: sRGB", 'color_space: sRGB, frame_rate: 24, timecode: "01:00:00:24"',
     f"{SHOT}.plate.timecode", "no such frame", "00 to 23"),
    ("drop-frame at 24", "color_space: sRGB", 'color_space: sRGB, frame_rate: 24, timecode: "01:00:00;00"',
     f"{SHOT}.plate.timecode", "drop-frame", "Write :"),
    # People
    ("unknown identity", "identity: lead", "identity: leed", f"{ENTRY}.identity", "not among the people", "'lead'"),
    ("unknown performer", "performer: double", "performer: bob", f"{ENTRY}.performer", "not among the people",
     "lead, double"),
    ("no references", 'references: [refs/lead.mp4, "refs/lead/*.png"]', "references: []", "people.lead.references",
     "needs references", "Add footage"),
    ("replaced twice", f"- {{{SWAP},", f"- {{{SWAP}, track: 1}}\n      - {{{SWAP}, track: 2,",
     "shots[0].replace[1].performer",
     "replaced twice", "one entry"),
    ("not told apart", f"- {{{SWAP},",
     f"- {{performer: lead, identity: lead, engine: landmark_warp}}\n      - {{{SWAP},",
     "shots[0].replace[1]", "nothing says which is 'double'", "fsvfx faces"),
    ("one track twice", f"- {{{SWAP},",
     f"- {{performer: lead, identity: lead, engine: landmark_warp, track: 1}}\n      - {{track: 1, {SWAP},",
     "shots[0].replace[1].track", "track 1", "own track"),
    ("track and position", "settings: {},", "track: 1, position: [3, 4], settings: {},", f"{ENTRY}.position",
     "both given", "Leave one"),
    ("track 0", "settings: {},", "track: 0, settings: {},", f"{ENTRY}.track", "out of range", "at least 1"),
    ("half a position", "settings: {},", "position: [3], settings: {},", f"{ENTRY}.position[1]",
     "an entry is missing", "x, y"),
    # Engines and colour
    ("unknown engine", "engine: landmark_warp", "engine: landmark_wrap", f"{ENTRY}.engine", "No engine named",
     "'landmark_warp'"),
    ("unknown setting", "settings: {},", "settings: {sharpnes: 1},", f"{ENTRY}.settings.sharpnes", "not a field", ""),
    ("unknown setting, some frames", "settings: {}}]", "settings: {zz: 1}}]", f"{ENTRY}.overrides[0].settings.zz",
     "not a field", ""),
    ("settings are a list", "settings: {},", "settings: [],", f"{ENTRY}.settings", "not a mapping", "{key: value}"),
    ("unknown colour space", "color_space: ACEScg", "color_space: ACESgc", "shots[1].plate.color_space", "ACESgc",
     "ACEScg"),
    ("unknown delivery space", EXR, '{kind: exr, path: "o/{shot}.####.exr", color_space: nope}',
     "deliver[0].color_space", "nope", ""),
    # Plates
    ("plate without number", "sh0050.####.exr", "sh0050.1001.exr", "shots[1].plate.path", "needs #### once", "####"),
    ("plate with two numbers", "plates/sh0050.####", "plates/a.####.sh0050.####", "shots[1].plate.path",
     "has 2", "once"),
    ("plate with the number in the folder", "plates/sh0050.####", "plates/####/sh0050", "shots[1].plate.path",
     "has none", "once"),
    ("video with a number", "plates/sh0040.mp4", "plates/sh.####.mp4", f"{SHOT}.plate.path",
     "can't have a frame number", "one file"),
    ("plate with a field", "sh0050.####.exr", "{shot}.####.exr", "shots[1].plate.path", "can't have {fields}", "####"),
    ("plate of no kind", PLATE, "path: plates/sh0040.r3d", f"{SHOT}.plate.path", "'.r3d' are not supported", ".mov"),
    ("plate without ending", PLATE, "path: plates/sh0040", f"{SHOT}.plate.path", "not supported", "Convert"),
    ("empty path", PLATE, 'path: ""', f"{SHOT}.plate.path", "not filled in", "Write: a video file"),
    # Reach
    ("plate outside", PLATE, "path: ../secret/a.mp4", f"{SHOT}.plate.path", "outside", "FSVFX_ROOTS"),
    ("plate outside, by a detour", PLATE, "path: a/../../b.mp4", f"{SHOT}.plate.path", "outside", "FSVFX_ROOTS"),
    ("consent outside", "consents/lead.yaml", "/etc/passwd", "people.lead.consent", "outside", "FSVFX_ROOTS"),
    ("reference outside", "refs/lead.mp4", "../*/a.mp4", "people.lead.references[0]", "outside", "FSVFX_ROOTS"),
    ("store outside", "store: work/", "store: /tmp/other", "store", "outside", "FSVFX_ROOTS"),
    ("deliverable outside", EXR, '{kind: exr, path: "../{shot}.{frame}.exr"}', "deliver[0].path", "outside",
     "FSVFX_ROOTS"),
    ("store outside, in full", "store: work/", "store: {path: /tmp/other}", "store", "outside", "FSVFX_ROOTS"),
    ("store kept by half", "store: work/", "store: {keep: half}", "store.keep", "half", "all, results"),
    ("misspelt field of the store", "store: work/", "store: {keeps: all}", "store.keeps", "not a field", "'keep'"),
    ("store a number", "store: work/", "store: 3", "store", "3", ""),
    ("home", "store: work/", "store: ~/work", "store", "not expanded", "relative"),
    ("http", PLATE, "path: https://example.org/a.mp4", f"{SHOT}.plate.path", "https:// is not supported", "s3://"),
    ("file URL", PLATE, "path: file:///etc/a.mp4", f"{SHOT}.plate.path", "file:// is not supported", "s3://"),
    ("gs", "store: work/", "store: gs://bucket/work", "store", "gs:// is not supported", "s3://"),
    ("memory", "store: work/", "store: memory://a", "store", "for tests", "folder"),
    ("bucket in capitals", "store: work/", "store: s3://Bucket_1/a", "store", "not a valid S3 address",
     "s3://bucket/key"),
    ("S3 without a bucket", "store: work/", "store: 's3://'", "store", "not a valid S3 address", "s3://bucket/key"),
    ("S3 with dots", PLATE, "path: s3://bucket/../other/a.mp4", f"{SHOT}.plate.path", "not a valid S3 address",
     "without .."),
    ("S3 consent", "consents/lead.yaml", "s3://bucket/lead.yaml", "people.lead.consent",
     "s3:// is not allowed", "file"),
    ("backslashes", PLATE, 'path: "plates\\\\sh0040.mp4"', f"{SHOT}.plate.path", "backslashes", "with /"),
    ("control characters", PLATE, 'path: "plates/\\0.mp4"', f"{SHOT}.plate.path", "control characters", "Remove"),
    # Deliverables
    ("no frame number", EXR, '{kind: exr, path: "out/{shot}.exr"}', "deliver[0].path", "no {frame}", "####"),
    ("frame number in the folder", EXR, '{kind: exr, path: "{shot}/{frame}/a.exr"}', "deliver[0].path", "own file",
     "####"),
    ("frame number in a video", REVIEW, '{kind: review, path: "{shot}.{frame}.mp4"}', "deliver[1].path", "one file",
     "out"),
    ("frame field in the folder", EXR, '{kind: exr, path: "{frame}/{shot}.####.exr"}', "deliver[0].path",
     "not a field", "####"),
    ("into a glob of references", REVIEW, '{kind: contact_sheet, path: "refs/lead/{shot}.png"}', "deliver[1].path",
     "a reference of 'lead'", "Deliver to another folder"),
    ("unknown field", EXR, '{kind: exr, path: "{shots}.{frame}.exr"}', "deliver[0].path", "not a field", "{shot}"),
    ("empty field", EXR, '{kind: exr, path: "{}/{shot}.{frame}.exr"}', "deliver[0].path", "not a field",
     "{production}"),
    ("wrong ending", EXR, '{kind: exr, path: "{shot}.{frame}.png"}', "deliver[0].path", "'.png'", ".exr"),
    ("review as avi", REVIEW, '{kind: review, path: "{shot}.avi"}', "deliver[1].path", "'.avi'", ".mov"),
    ("two shots, one file", REVIEW, '{kind: review, path: "out/a.mp4"}', "deliver[1].path",
     "shot sh0050 would overwrite", "{shot}"),
    ("one file twice", REVIEW, EXR, "deliver[1].path", "would overwrite deliver[0]", "own path"),
    ("onto the plate", EXR, '{kind: exr, path: "plates/{shot}.%04d.exr"}', "deliver[0].path",
     "the plate of shot sh0050", "Deliver to another folder"),
    ("onto a reference", REVIEW, '{kind: review, path: "refs/lead.mp4"}', "deliver[1].path", "a reference of 'lead'",
     "Deliver to another folder"),
    ("into the store", REVIEW, '{kind: review, path: "work/harbour/{shot}.mp4"}', "deliver[1].path", "into the store",
     "elsewhere"),
    ("compression of no kind", EXR, '{kind: exr, path: "{shot}.####.exr", compression: zipp}', "deliver[0].compression",
     "not a valid choice", "Did you mean zip?"),
    ("layer of no kind", EXR, '{kind: exr, path: "{shot}.####.exr", layers: [mattes]}', "deliver[0].layers[0]",
     "not a valid choice", "Did you mean matte?"),
    ("DPX of no space", EXR, '{kind: frames, path: "o/{shot}.####.dpx"}', "deliver[0].color_space",
     "do not record their color space", "ACEScct"),
    ("linear DPX", EXR, '{kind: frames, path: "o/{shot}.####.dpx", color_space: ACEScg}', "deliver[0].color_space",
     "can't hold scene-linear", "ACEScct"),
    ("10-bit PNG", EXR, '{kind: frames, path: "o/{shot}.####.png", depth: 10}', "deliver[0].depth", "no depth 10",
     "16 or 8"),
    ("frames as JPEG", EXR, '{kind: frames, path: "o/{shot}.####.jpg"}', "deliver[0].path", "'.jpg'", ".dpx"),
    ("a space of no config", EXR, '{kind: frames, path: "o/{shot}.####.png", color_space: sRBG}',
     "deliver[0].color_space", "not a colo", "sRGB"),
    ("ProRes in MP4", REVIEW, '{kind: movie, path: "o/{shot}.mp4"}', "deliver[1].path", "prores can't be stored in",
     ".mov"),
    ("H.264 in MXF", REVIEW, '{kind: movie, codec: h264, path: "o/{shot}.mxf"}', "deliver[1].path",
     "h264 can't be stored in", ".mp4"),
    ("linear movie", REVIEW, '{kind: movie, path: "o/{shot}.mov", color_space: ACEScg}', "deliver[1].color_space",
     "can't hold scene-linear", "Rec.709"),
    ("ProRes review in MP4", REVIEW, '{kind: review, codec: prores, path: "o/{shot}.mp4"}', "deliver[1].path",
     "prores can't be stored in", ".mov"),
    ("performer in an EXR's name", EXR, '{kind: exr, path: "o/{shot}.{performer}.####.exr"}', "deliver[0].path",
     "{performer} is not a field", "mattes"),
    ("MHL on S3", REVIEW, '{kind: mhl, path: "s3://bucket/{shot}"}', "deliver[1].path", "files on disk", "upload"),
    ("MHL of nothing", REVIEW, '{kind: mhl, path: "elsewhere/{shot}"}', "deliver[1].path", "nothing to list", "folder"),
    ("MHL of all shots", REVIEW, '{kind: mhl, path: "out"}', "deliver[1].path", "would overwrite", "{shot}"),
    ("field in the store", "store: work/", 'store: "work/{shot}"', "store", "can't have fields", "Remove them"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "field", "what", "hint"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_wrong_manifest_is_refused(
    write: Callable[..., Path], old: str | None, new: str, field: str, what: str, hint: str
) -> None:
    path = write(new, old)
    before = sorted(path.parent.rglob("*"))
    with pytest.raises(ManifestError) as refused:
        jobs(path)
    assert refused.value.exit_code == 2
    told = [problem for problem in refused.value.problems if problem.field == field]
    assert told, f"nothing about {field}: {[str(problem) for problem in refused.value.problems]}"
    assert any(what in one.what and hint in one.hint for one in told), [str(one) for one in told]
    assert sorted(path.parent.rglob("*")) == before, "validation wrote something"


def test_ids_are_unique() -> None:
    assert len({row[0] for row in WRONG}) == len(WRONG) >= 60
