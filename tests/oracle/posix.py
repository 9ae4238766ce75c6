"""Does what a POSIX file system must do, in the working directory, and prints what came of it.

Run in a jail and outside of it the output is to be the same. Nothing of what it prints depends on
where it runs: no inode, time or absolute path.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import socket
import stat

LIBC = ctypes.CDLL(None, use_errno=True)
RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
AT_FDCWD = -100


def show(name, act):
    """Prints the result of an operation, or the name of its errno."""
    try:
        result = act()
    except OSError as error:
        result = errno.errorcode[error.errno]
    print(f"{name}: {'done' if result is None else result}")


def make(path, content=b"text"):
    with open(path, "wb") as file:
        file.write(content)
    return path


def kind(path):
    return stat.filemode(os.lstat(path).st_mode)


def open_close(path, flags, mode=0o644, directory=None):
    os.close(os.open(path, flags, mode, dir_fd=directory))


def rename2(source, target, flags):
    if LIBC.renameat2(AT_FDCWD, source.encode(), AT_FDCWD, target.encode(), flags) != 0:
        raise OSError(ctypes.get_errno(), "")


def directories():
    os.mkdir("d")
    show("mkdir of what is there", lambda: os.mkdir("d"))
    show("mkdir below a file", lambda: os.mkdir(make("f") + "/x"))
    show("mkdir below nothing", lambda: os.mkdir("no/x"))
    show("mkdir with a slash at the end", lambda: os.mkdir("e/"))
    make("d/f")
    show("rmdir of a full one", lambda: os.rmdir("d"))
    show("rmdir of a file", lambda: os.rmdir("f"))
    show("rmdir of the working directory by its dot", lambda: os.rmdir("."))
    show("unlink of a directory", lambda: os.unlink("d"))
    show("link to a directory", lambda: os.link("d", "d2"))
    show("links of a directory", lambda: os.stat("d").st_nlink >= 1)
    show("names", lambda: sorted(os.listdir(".")))
    show("mode under a mask", lambda: (os.umask(0o027), os.mkdir("m"), os.umask(0o022), kind("m"))[3])


def files():
    show("exclusive creation", lambda: open_close("f", os.O_CREAT | os.O_EXCL))
    show("a file as a directory", lambda: open_close("f", os.O_RDONLY | os.O_DIRECTORY))
    show("a directory for writing", lambda: open_close("d", os.O_WRONLY))
    show("a slash after a file", lambda: open_close("f/", os.O_RDONLY))
    show("an empty path", lambda: open_close("", os.O_RDONLY))
    show("a name of 255 bytes", lambda: open_close("n" * 255, os.O_CREAT))
    show("a name of 256 bytes", lambda: open_close("n" * 256, os.O_CREAT))
    show("a path of 4095 bytes", lambda: open_close("./" * 2047 + "f", os.O_RDONLY))
    show("a path of 4096 bytes", lambda: open_close("./" * 2047 + "./f"[:2] + "f", os.O_RDONLY))
    show("a name that is not UTF-8", lambda: open_close(b"\xff\xfe", os.O_CREAT))
    show("a name with a newline", lambda: open_close("a\nb", os.O_CREAT))
    show("no permission to read", lambda: (os.chmod(make("p"), 0), open_close("p", os.O_RDONLY))[1])
    show("no permission to search", locked_directory)
    show("modes", lambda: [(os.chmod("f", mode), kind("f"))[1] for mode in (0o600, 0o755, 0o4755)])
    show("somebody else's now", lambda: os.chown("f", 0, 0))
    show("an unnamed file gets a name", unnamed)
    show("unlinked and still open", unlinked)
    show("a removed working directory", removed_working_directory)


def locked_directory():
    os.mkdir("locked")
    make("locked/f")
    os.chmod("locked", 0o600)
    try:
        open_close("locked/f", os.O_RDONLY)
    finally:
        os.chmod("locked", 0o700)


def unnamed():
    file = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600)
    os.write(file, b"hidden")
    os.link(f"/proc/self/fd/{file}", "shown", follow_symlinks=True)
    os.close(file)
    return open("shown", "rb").read()


def unlinked():
    file = os.open(make("u"), os.O_RDWR)
    os.unlink("u")
    found = os.read(file, 9), os.fstat(file).st_nlink
    os.close(file)
    return found


def removed_working_directory():
    here = os.open(".", os.O_RDONLY)
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")
    try:
        return [attempt(os.getcwd), attempt(lambda: os.listdir(".")), attempt(lambda: make("x"))]
    finally:
        os.fchdir(here)
        os.close(here)


def attempt(act):
    try:
        return act()
    except OSError as error:
        return errno.errorcode[error.errno]


def links():
    os.symlink("f", "s")
    os.symlink("nowhere", "dangling")
    os.symlink("loop", "loop")
    show("text of a link", lambda: os.readlink("s"))
    show("readlink of a file", lambda: os.readlink("f"))
    show("through a link", lambda: open("s", "rb").read())
    show("not through a link", lambda: open_close("s", os.O_RDONLY | os.O_NOFOLLOW))
    show("a loop", lambda: open_close("loop", os.O_RDONLY))
    show("a dangling one", lambda: open_close("dangling", os.O_RDONLY))
    show("creation through a dangling one", lambda: open_close("dangling", os.O_CREAT))
    show("exclusive creation through a link", lambda: open_close("s", os.O_CREAT | os.O_EXCL))
    show("a hard link", lambda: (os.link("f", "h"), os.stat("f").st_nlink)[1])
    show("the same file", lambda: os.path.samefile("f", "h"))
    show("a hard link over a file", lambda: os.link("f", "h"))
    show("a text of 4095 bytes", lambda: os.symlink("t" * 4095, "long"))
    show("a text of 4096 bytes", lambda: os.symlink("t" * 4096, "longer"))
    show("a slash after a link to a directory", lambda: (os.symlink("d", "sd"), kind("sd/"))[1])
    show("out and in again", lambda: os.path.samefile("d/../f", "f"))
    show("above the root", lambda: os.path.samefile("/../..", "/"))


def renames():
    os.makedirs("r/inner")
    show("over a file", lambda: (os.rename(make("a", b"a"), make("b", b"b")), open("b", "rb").read())[1])
    show("a file over a directory", lambda: os.rename("b", "r"))
    show("a directory over a file", lambda: os.rename("r", "b"))
    show("over a full directory", lambda: (os.mkdir("q"), os.rename("q", "r"))[1])
    show("into itself", lambda: os.rename("r", "r/inner/r"))
    show("what is not there", lambda: os.rename("nothing", "b2"))
    show("to the same file", lambda: os.rename("f", "h"))
    show("across directories", lambda: os.rename("b", "r/b"))
    show("a directory across directories", lambda: os.rename("q", "r/q"))
    show("not over another", lambda: rename2("f", "h", RENAME_NOREPLACE))
    show("exchange", lambda: (rename2("f", "r", RENAME_EXCHANGE), kind("f"), kind("r"))[1:])
    show("exchange back", lambda: rename2("f", "r", RENAME_EXCHANGE))
    show("to another file system", lambda: os.rename("f", "/dev/shm/posix-oracle"))


def contents():
    file = os.open("c", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    show("beyond the end", lambda: (os.pwrite(file, b"x", 100_000), os.fstat(file).st_size)[1])
    show("a hole reads as zeros", lambda: os.pread(file, 4, 50_000))
    show("the next data", lambda: os.lseek(file, 0, os.SEEK_HOLE) < 100_001)
    show("shorter", lambda: (os.ftruncate(file, 10), os.fstat(file).st_size)[1])
    show("longer", lambda: (os.ftruncate(file, 20), os.pread(file, 30, 5))[1])
    show("allocated", lambda: (os.posix_fallocate(file, 0, 8192), os.fstat(file).st_size)[1])
    show("a negative length", lambda: os.ftruncate(file, -1))
    show("appended", appended)
    show("mapped", lambda: mapped(file))
    show("copied", lambda: os.copy_file_range(file, os.open("copy", os.O_CREAT | os.O_WRONLY), 8000, 0))
    show("sent", lambda: os.sendfile(os.open("sent", os.O_CREAT | os.O_WRONLY), file, 0, 4000))
    show("an attribute", lambda: (os.setxattr("c", "user.a", b"v"), os.getxattr("c", "user.a"))[1])
    show("a trusted attribute", lambda: os.setxattr("c", "trusted.a", b"v"))
    show("times", lambda: (os.utime("c", ns=(1_000_000_001, 2_000_000_002)), os.stat("c").st_mtime_ns)[1])
    show("read for writing alone", lambda: os.read(os.open("c", os.O_WRONLY), 1))
    show("written for reading alone", lambda: os.write(os.open("c", os.O_RDONLY), b"1"))


def appended():
    for word in (b"one", b"two"):
        file = os.open("log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, word)
        os.close(file)
    return open("log", "rb").read()


def mapped(file):
    with mmap.mmap(file, 4096) as memory:
        memory[0:5] = b"shore"
    return os.pread(file, 5, 0)


def other_kinds():
    show("a fifo", lambda: (os.mkfifo("fifo"), kind("fifo"))[1])
    show("a fifo without a reader", lambda: open_close("fifo", os.O_WRONLY | os.O_NONBLOCK))
    show("a device", lambda: os.mknod("null", stat.S_IFCHR | 0o600, os.makedev(1, 3)))
    listener = socket.socket(socket.AF_UNIX)
    show("a socket", lambda: (listener.bind("socket"), kind("socket"))[1])
    show("a socket's file opened", lambda: open_close("socket", os.O_RDONLY))
    show("a socket bound again", lambda: socket.socket(socket.AF_UNIX).bind("socket"))
    show("a connection", lambda: (listener.listen(), socket.socket(socket.AF_UNIX).connect("socket"))[1])


def locks():
    first, second = (os.open("f", os.O_RDWR) for _ in range(2))
    show("a lock", lambda: fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB))
    show("a second one", lambda: fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB))
    show("a lock of a record", lambda: fcntl.lockf(first, fcntl.LOCK_EX | fcntl.LOCK_NB, 10))
    child = os.fork()
    if child == 0:
        print("of another process:", attempt(lambda: fcntl.lockf(second, fcntl.LOCK_EX | fcntl.LOCK_NB, 5)), flush=True)
        os._exit(0)
    os.waitpid(child, 0)


for part in (directories, files, links, renames, contents, other_kinds, locks):
    print(f"# {part.__name__}", flush=True)
    part()
