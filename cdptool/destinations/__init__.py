"""
Audiences to files: one YAML spec per platform, and the steps that make its bytes.

    prepare      the audience as text, one column per source            audience, values
    normalize    named steps per column; a refused value has a reason   normalize
    hash         SHA-256, hex or base64                                 hashing
    rows         complete, reachable, no row twice                      rows
    encode       CSV with repeated headers, or Parquet                  encode
    render       all of it, in order                                    render
    manifest     what was written, with digests                         manifest

Specs are read by `config`, bytes are written by `commands`; nothing here opens a file or reads a clock.
"""

from cdptool.destinations.checks import change_findings, check_destination, check_export
from cdptool.destinations.manifest import comparable, manifest, manifest_bytes, manifest_entry
from cdptool.destinations.render import Rendered, columns_written, render
from cdptool.destinations.spec import DestinationSpec, ExportSpec, FileColumn, FileFormat

__all__ = [
    "DestinationSpec",
    "ExportSpec",
    "FileColumn",
    "FileFormat",
    "Rendered",
    "change_findings",
    "check_destination",
    "check_export",
    "columns_written",
    "comparable",
    "manifest",
    "manifest_bytes",
    "manifest_entry",
    "render",
]
