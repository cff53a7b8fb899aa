"""Where kernels run: `LocalEngine` whole, `BucketEngine` in hash buckets when memory is short."""

from cdptool.engines.buckets import BucketEngine
from cdptool.engines.local import LocalEngine

__all__ = ("BucketEngine", "LocalEngine")
