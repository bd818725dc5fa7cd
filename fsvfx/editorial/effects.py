"""Editing systems' names of effects that change time, and some that surely don't. Pure.

Effects have names in the users' own languages, and plug-ins may have any name. So single words decide: whole ones if
they are common inside others (``rate`` in ``saturate``), otherwise parts of them.
"""

from __future__ import annotations

import re
import unicodedata


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def squeezed(text: str) -> str:
    """Letters and digits only, lower case, without accents: ``Time Re-Map`` and ``timeRemap`` are one."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


_WORDS = words(
    "time times rate fps tempo strobe cadence pulldown pullup slow slower faster rewind hold zeit temps tiempo"
)
_PARTS = frozenset(
    squeezed(part)
    for part in words(
        """
    retim remap timewarp timestretch timeeffect timeshift timescal posterizetime speed freez frozen revers backward
    fastforward
    slowmo fastmo varispeed fittofill trimtofill twixtor kronos oflow opticalflow framehold framerate frameblend
    stillframe motioncontrol motioneffect playbackrate timecurve
    zeitlupe zeitraffer zeitverzer zeitneu zeiteffekt geschwindigkeit standbild ruckwart umkehr einfrier bildrate
    vitesse ralenti accelere arretsurimage imagefigee geldimage remappage temporel
    velocidad camaralenta congel velocita rallenta fermoimmagine fermofotogramma
    速度 リタイム タイムリマップ タイムワープ タイムストレッチ スピード フリーズ 逆再生
    时间 時間 变速 変速 定格 倒放 속도
        """
    )
)
HARMLESS = words(
    "timecode timecodegenerator timecodeburnin timecodereader timecodeoverlay nameandtimecode "
    "metadataandtimecode metadataandtimecodeburnin dateandtime datetime"
)
"""Names that mention time without changing it, squeezed."""
KNOWN = HARMLESS | words(
    """
    transform motion basicmotion opacity crop cropping composite compositing blendmode lenscorrection dynamiczoom
    stabilization stabilizer warpstabilizer videofaders blur gaussianblur fastblur directionalblur boxblur motionblur
    cameramotionblur sharpen unsharpmask lumetri lumetricolor colorcorrector threewaycolorcorrector colorcorrection
    colourcorrection cdl lut exposure brightness contrast brightnesscontrast saturation huesaturation curves levels tint
    invert blackandwhite vignette glow noise grain filmgrain flip flop horizontalflip verticalflip mirror rotate scale
    resize pan panandzoom cornerpin distort dropshadow border mask chromakey lumakey keyer ultrakey resizer
    color colour grade volume audiolevels colorremap colourremap gradientremap fastcolorcorrector
    """
)
"""Effects that surely do not change time, squeezed."""
NAMES = words(
    "timeremap timeremapping timewarp timestretch retime retimeandscaling resolveretimeandscaling speed speedchange "
    "speedramp speedduration freezeframe freeze framehold reverse motioncontrol motioneffect timeeffect "
    "varispeed variablespeed fittofill trimtofill pulldown"
)
"""Editing systems' full names for a change of time, as in metadata."""
KEYS = words(
    "timeremap timeremapping timewarp retime retimed retimecurve retimekeyframes speed speedratio speedpercent "
    "speedpercentage clipspeed playbackspeed playbackrate playrate timescalar variablespeed graphdict speedramp "
    "speedchange warpspeed speedmap paramspeedmapu paramspeedoffsetmapu motioneffect m2 timewarps timemap retimes "
    "visualscale warpactive freeze freezeframe isfreeze isfreezeframe stillframe isstillframe reverse reversed "
    "isreversed reversespeed playbackward playbackwards playreverse motioncontrol timestretch framehold"
)
"""Metadata keys that describe a change of time (or its absence)."""


def speaks_of_time(name: str) -> bool:
    """Whether an effect called ``name`` may change which frame is shown."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    said = {squeezed(word) for word in re.split(r"[\W_]+", split)}
    return squeezed(name) not in HARMLESS and (bool(said & _WORDS) or tells_a_retime(name))


def tells_a_retime(text: str) -> bool:
    """The same for other text, where ``TIME`` alone means a clock."""
    whole = squeezed(text)
    return any(part in whole for part in _PARTS)
