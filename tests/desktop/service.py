"""Owns names on the session bus, notes who is called, and answers every call with its name."""

import sys

import dbus
import dbus.lowlevel
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
calls = open(sys.argv[1], "a", buffering=1)


def answer(connection, message):
    is_call = message.get_type() == dbus.lowlevel.MESSAGE_TYPE_METHOD_CALL
    if not is_call or message.get_member() != "Ask":
        return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
    calls.write(f"{message.get_interface()}\n")
    reply = dbus.lowlevel.MethodReturnMessage(message)
    reply.append(message.get_interface())
    connection.send_message(reply)
    return dbus.lowlevel.HANDLER_RESULT_HANDLED


bus.add_message_filter(answer)
names = [dbus.service.BusName(name, bus) for name in sys.argv[2:]]
calls.write("ready\n")
GLib.MainLoop().run()
