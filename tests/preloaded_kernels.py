"""Kernels that have the libraries imported that Keras imports, so that a test does not wait for it.

A process imports them once and forks for each kernel. Keras and kwidgets themselves are not among
them: a notebook chooses the backend and imports both as on any other kernel. Nor is TensorFlow,
which imports Keras.

This file is also what the kernelspec starts, in place of the kernel: it asks that process for one,
passes signals on to it, and ends when it ends.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

# Only what each start of a kernel needs is imported above; it is a few hundredths of a second.

PRELOADED = (
    "ipykernel.kernelapp",
    "ipywidgets",
    "anywidget",
    "plotly.graph_objects",
    "sklearn.datasets",
    "h5py",
    "rich",
    "optree",
    "jax.numpy",
)
HEADER_BYTES = 1_000_000


@contextlib.contextmanager
def preloaded_kernels(folder, name="python3"):
    """Add the kernelspec ``name`` to ``folder``, which belongs to JUPYTER_PATH, while it is used.

    Args:
        folder: a ``pathlib.Path``, which is made.
        name: a Jupyter that finds this folder first uses it in place of its own of that name.
    """
    spec = folder / "kernels" / name
    spec.mkdir(parents=True)
    # Not in the folder: such an address has a hundred characters at most.
    home = tempfile.mkdtemp()
    address = os.path.join(home, "kernels")
    argv = [sys.executable, "-I", "-S", __file__, "start", address, "-f", "{connection_file}"]
    description = {"argv": argv, "display_name": name, "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(description))
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", address],
        # It ends with this process: then the pipe is closed.
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    # It listens before it imports anything; on a busy machine even that takes a moment.
    while not os.path.exists(address) and process.poll() is None:
        time.sleep(0.01)
    try:
        yield
    finally:
        process.stdin.close()
        process.wait()
        shutil.rmtree(home)


def start(address, arguments):
    """Be the process that Jupyter takes for the kernel; return the kernel's exit status."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    request = {"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}
    socket.send_fds(connection, [json.dumps(request).encode() + b"\n"], [0, 1, 2])
    answers = connection.makefile()
    kernel = int(next(answers))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: os.kill(kernel, number))
    return int(next(answers, "1"))


class KernelServer:
    """Forks kernels from this process, which has the libraries imported and only one thread."""

    def __init__(self, address):
        # Requests that come while the libraries are being imported wait here.
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(address)
        self.listener.listen()
        # The process id of each kernel, by the connection of who started it.
        self.kernels = {}
        self.child_ended, self.wakeup = socket.socketpair()
        self.wakeup.setblocking(False)
        self.selector = selectors.DefaultSelector()

    def serve(self):
        """Fork a kernel for each request, until stdin is closed."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.wakeup.fileno())
        for source in (self.listener, self.child_ended, sys.stdin):
            self.selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is sys.stdin:
                    for kernel in filter(None, self.kernels.values()):
                        os.kill(kernel, signal.SIGKILL)
                    return
                if key.fileobj is self.listener:
                    self.fork_kernel()
                elif key.fileobj is self.child_ended:
                    self.child_ended.recv(1000)
                    self.report_ended()
                else:
                    self.forget(key.fileobj)

    def fork_kernel(self):
        """Accept a connection and start the kernel that it requests."""
        connection, _ = self.listener.accept()
        data, files, _, _ = socket.recv_fds(connection, HEADER_BYTES, 3)
        while not data.endswith(b"\n"):
            more = connection.recv(HEADER_BYTES)
            if not more:
                # Whoever connected was killed before it had said what it wants.
                connection.close()
                return
            data += more
        kernel = os.fork()
        if kernel == 0:
            connection.close()
            self.close()
            run_kernel(json.loads(data), files)
        for file in files:
            os.close(file)
        self.kernels[connection] = kernel
        self.selector.register(connection, selectors.EVENT_READ)
        # If it was killed meanwhile, its connection can be read, which ends the kernel.
        with contextlib.suppress(OSError):
            connection.sendall(b"%d\n" % kernel)

    def close(self):
        """Close all connections of this process."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for source in (self.selector, self.listener, self.child_ended, self.wakeup, *self.kernels):
            source.close()

    def report_ended(self):
        """Tell those who started them that kernels have ended."""
        while any(self.kernels.values()):
            kernel, status = os.waitpid(-1, os.WNOHANG)
            if kernel == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            connection = next((c for c, pid in self.kernels.items() if pid == kernel), None)
            if connection is None:
                continue
            self.kernels[connection] = None
            with contextlib.suppress(OSError):
                connection.sendall(b"%d\n" % (code if code >= 0 else 128 - code))

    def forget(self, connection):
        """End the kernel of a connection that was closed at the other end."""
        self.selector.unregister(connection)
        connection.close()
        kernel = self.kernels.pop(connection)
        if kernel is not None:
            os.kill(kernel, signal.SIGKILL)
            os.waitpid(kernel, 0)


def run_kernel(request, files):
    """Become the kernel of ``request``; does not return."""
    status = 1
    try:
        os.setsid()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        os.chdir(request["folder"])
        sys.argv = ["ipykernel_launcher", *request["arguments"]]
        from ipykernel import kernelapp

        kernelapp.launch_new_instance()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    finally:
        os._exit(status)


def serve(address):
    """Import the libraries and serve kernels."""
    server = KernelServer(address)
    del sys.path[0]  # this folder
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()
    server.serve()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(start(sys.argv[2], sys.argv[3:]))
