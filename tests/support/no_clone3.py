"""no_clone3.py COMMAND...: the command, to which the kernel has no clone3: what systemd's
RestrictNamespaces= does in any form but =no, and filters of containers."""
import ctypes
import errno
import os
import sys

ALLOW, ERRNO = 0x7FFF0000, 0x00050000
seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
seccomp.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOW)))
number = seccomp.seccomp_syscall_resolve_name(b"clone3")
assert number >= 0
assert seccomp.seccomp_rule_add(context, ctypes.c_uint32(ERRNO | errno.ENOSYS), number, 0) == 0
assert seccomp.seccomp_load(context) == 0
os.execv(sys.argv[1], sys.argv[1:])
