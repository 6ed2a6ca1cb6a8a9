"""A template of python3-dbusmock: as much of systemd's manager as actions meet. What
becomes of a job follows from the unit's name."""
import os

import dbus
from gi.repository import GLib

BUS_NAME = "org.freedesktop.systemd1"
MAIN_OBJ = "/org/freedesktop/systemd1"
MAIN_IFACE = "org.freedesktop.systemd1.Manager"
UNIT_IFACE = "org.freedesktop.systemd1.Unit"
SYSTEM_BUS = True


def load(mock, _parameters):
    mock.next_job = 1
    mock.states = {}
    mock.paths = set()
    mock.asked = os.environ["SYSTEMD_MOCK_LOG"]


def begin(mock, what, name):
    with open(mock.asked, "a") as log:
        log.write(f"{what} {name}\n")
    if name.startswith("unknown"):
        raise dbus.exceptions.DBusException(f"Unit {name} not found.",
                                            name="org.freedesktop.systemd1.NoSuchUnit")
    if name.startswith("crash"):
        os._exit(1)
    job = f"{MAIN_OBJ}/job/{mock.next_job}"
    mock.next_job += 1
    number = mock.next_job
    result = name.split("-")[0] if "-" in name else "done"
    if result == "done":
        mock.states[str(name)] = "inactive" if what == "stop" else "active"

    def end():
        # another job's end comes first
        mock.EmitSignal(MAIN_IFACE, "JobRemoved", "uoss",
                        [number + 1000, f"{MAIN_OBJ}/job/x{number}", "other.service", "failed"])
        if result == "dies":
            os._exit(1)
        if result != "never":
            mock.EmitSignal(MAIN_IFACE, "JobRemoved", "uoss", [number, job, name, result])
    GLib.timeout_add(50, end)
    return job


@dbus.service.method(MAIN_IFACE, in_signature="", out_signature="")
def Subscribe(self):
    pass


@dbus.service.method(MAIN_IFACE, in_signature="ss", out_signature="o")
def StartUnit(self, name, _mode):
    return begin(self, "start", name)


@dbus.service.method(MAIN_IFACE, in_signature="ss", out_signature="o")
def StopUnit(self, name, _mode):
    return begin(self, "stop", name)


@dbus.service.method(MAIN_IFACE, in_signature="ss", out_signature="o")
def RestartUnit(self, name, _mode):
    return begin(self, "restart", name)


@dbus.service.method(MAIN_IFACE, in_signature="ss", out_signature="o")
def ReloadUnit(self, name, _mode):
    return begin(self, "reload", name)


@dbus.service.method(MAIN_IFACE, in_signature="s", out_signature="o")
def LoadUnit(self, name):
    path = MAIN_OBJ + "/unit/" + "".join(c if c.isalnum() else "_" for c in name)
    state = self.states.get(str(name), "inactive")
    properties = {"LoadState": "not-found" if name.startswith("unknown") else "loaded",
                  "ActiveState": state, "SubState": "running" if state == "active" else "dead"}
    if path in self.paths:
        self.RemoveObject(path)
    self.paths.add(path)
    self.AddObject(path, UNIT_IFACE, properties, [])
    return path
