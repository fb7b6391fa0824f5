"""A bound on each single memory allocation of FFmpeg.

A file of a few hundred bytes can claim to have a table of a hundred million entries, for which the demuxers allocate
memory before they check that it exists. PyAV has no setting for this, but FFmpeg's library has.
"""

from __future__ import annotations

import ctypes
import functools
import logging
from pathlib import Path

import av

_LOG = logging.getLogger(__name__)

LARGEST_ALLOCATION_BYTES = 128 * 2**20
"""Twice what a group of frames with eight channels in double precision takes while it is assembled."""


@functools.cache
def limit_allocations() -> bool:
    """Bound every single allocation of PyAV's FFmpeg in this process, and return whether that was possible.

    It is with PyAV's wheels, where the library is beside the package, but not if PyAV was built on the machine.
    """
    package = Path(av.__file__).parent
    for folder in (package.parent / "av.libs", package / ".dylibs"):
        for library in folder.glob("*avutil*"):
            # PyAV has already loaded the library; this returns the same copy.
            set_limit = ctypes.CDLL(str(library)).av_max_alloc
            set_limit.argtypes = (ctypes.c_size_t,)
            set_limit.restype = None
            set_limit(LARGEST_ALLOCATION_BYTES)
            return True
    _LOG.warning("FFmpeg's library was not found beside PyAV: hostile files may take much memory")
    return False
