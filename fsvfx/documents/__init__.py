"""Documents: YAML that people write, read as the model that it means to be; every problem and blank has its line."""

from fsvfx.documents.blanks import without_blanks
from fsvfx.documents.problems import blanks_in, findings, one_of, respelled_fields, validated
from fsvfx.documents.yaml_text import (
    MOST_BYTES,
    Document,
    Finding,
    Loc,
    RecordError,
    dotted,
    parse_record,
    parse_yaml,
    read_record,
    read_yaml,
    record_yaml,
)

__all__ = [
    "MOST_BYTES",
    "Document",
    "Finding",
    "Loc",
    "RecordError",
    "blanks_in",
    "dotted",
    "fields",
    "findings",
    "one_of",
    "parse_record",
    "parse_yaml",
    "read_record",
    "read_yaml",
    "record_yaml",
    "respelled_fields",
    "validated",
    "without_blanks",
]
