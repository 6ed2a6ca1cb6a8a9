"""The clocks of programs that a test starts, as tests/fault/jumps.c moves them."""
import mmap
import struct

from .harness import BUILD


class Clock:
    """env: what such a program is started with."""

    def __init__(self, scratch):
        path = scratch.file("off", "\0" * 16)
        self.file = path.open("r+b")
        self.map = mmap.mmap(self.file.fileno(), 16)
        self.env = {"LD_PRELOAD": str(BUILD / "libjumps.so"), "LD_JUMPS": str(path)}

    def ms(self):
        return struct.unpack_from("=q", self.map)[0]

    def jump(self, ms):
        """The wall clock is set."""
        struct.pack_into("=q", self.map, 0, self.ms() + ms)

    def pass_by(self, ms):
        """So much time goes by, for those who ask how long the machine has run."""
        struct.pack_into("=q", self.map, 8, struct.unpack_from("=q", self.map, 8)[0] + ms)
