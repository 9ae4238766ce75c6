"""Owns names on the session bus, notes who is called, and answers every call with its name.

It starts programs as the user's systemd does, for `systemd-run --user`.
"""

import subprocess
import sys

import dbus
import dbus.lowlevel
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
calls = open(sys.argv[1], "a", buffering=1)


def start_unit(message):
    """org.freedesktop.systemd1(5): StartTransientUnit(name, mode, properties, auxiliary units)."""
    for name, value in message.get_args_list()[2]:
        if name == "ExecStart":
            for path, arguments, _ in value:
                subprocess.Popen([str(path), *map(str, arguments[1:])])
    return dbus.ObjectPath("/org/freedesktop/systemd1/job/1")


def answer(connection, message):
    is_call = message.get_type() == dbus.lowlevel.MESSAGE_TYPE_METHOD_CALL
    if not is_call or message.get_member() not in ("Ask", "StartTransientUnit"):
        return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
    calls.write(f"{message.get_interface()}\n")
    reply = dbus.lowlevel.MethodReturnMessage(message)
    is_unit = message.get_member() == "StartTransientUnit"
    reply.append(start_unit(message) if is_unit else message.get_interface())
    connection.send_message(reply)
    return dbus.lowlevel.HANDLER_RESULT_HANDLED


bus.add_message_filter(answer)
names = [dbus.service.BusName(name, bus) for name in sys.argv[2:]]
calls.write("ready\n")
GLib.MainLoop().run()
