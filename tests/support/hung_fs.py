"""A file system that takes every request and answers none: who asks it for anything is in state
D, which no signal ends, until it is gone. It speaks the kernel's FUSE protocol itself, so that
/dev/fuse and root are all it needs.

    with Scratch("stuck") as scratch:
        disk = HungDisk(scratch)
        open(disk.path / "anything")    # not this process, please

It is mounted where only this process and its children see it."""
import ctypes
import os
import struct
import sys

CLONE_NEWNS, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x4000, 1 << 18, 2
INIT = 26
LIBC = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def usable():
    return os.getuid() == 0 and os.access("/dev/fuse", os.R_OK | os.W_OK)


class HungDisk:
    def __init__(self, scratch):
        self.path = scratch.dir / "hung"
        self.path.mkdir()
        checked(LIBC.unshare(CLONE_NEWNS))
        checked(LIBC.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
        fd = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other"
        checked(LIBC.mount(b"hung", str(self.path).encode(), b"fuse", 0, options.encode()))
        scratch.stack.callback(LIBC.umount2, str(self.path).encode(), MNT_DETACH)
        self.process = scratch.start(sys.executable, __file__, stdin=fd)
        os.close(fd)

    def give_up(self):
        """Whoever waits for it gets an error, and goes on."""
        self.process.kill()
        self.process.wait()


def answer_nothing(fd):
    """INIT alone, or nobody would ask anything: 7.31, and no feature."""
    while True:
        request = os.read(fd, 1 << 17)
        _, what, unique = struct.unpack_from("<IIQ", request)
        if what == INIT:
            said = struct.pack("<4I2H2I2H8I", 7, 31, 0, 0, 0, 0, 65536, 0, *(0,) * 10)
            os.write(fd, struct.pack("<IiQ", 16 + len(said), 0, unique) + said)


if __name__ == "__main__":
    answer_nothing(0)
