"""A real server, tokens, and a connection that a test can break."""

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

#: The folder with dist/main.js.
PROGRAM = Path(os.environ.get('PRESENCE_TEST_PROGRAM', Path(__file__).resolve().parents[3]))
#: A port for the server. 0: a free one, which another program may take during a restart.
PORT = int(os.environ.get('PRESENCE_TEST_PORT', '0'))
PATIENCE_SECONDS = 120


class Server:
    """The service in a process of its own, always on the same port."""

    def __init__(self, **settings: str) -> None:
        self._settings = settings
        self._secret = secrets.token_hex(32)
        self.address = f'127.0.0.1:{PORT}'
        self.start()

    def start(self) -> None:
        settings = {
            'PATH': os.environ['PATH'],
            'AUTH_JWT_SECRET': self._secret,
            'GRPC_URL': self.address,
            'HTTP_HOST': '127.0.0.1',
            'HTTP_PORT': '0',
            'DRAIN_TIMEOUT_MS': '500',
            **self._settings,
        }
        self._process = subprocess.Popen(
            ['node', 'dist/main.js'], cwd=PROGRAM, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        output = ''
        assert self._process.stdout is not None
        for line in self._process.stdout:
            output += line
            found = re.search(r'gRPC on (\S+), health on', line)
            if found:
                self.address = found[1]
                break
        else:
            raise AssertionError(f'the server does not start: {output}')
        # Otherwise a full pipe would block the server.
        self._reader = threading.Thread(target=self._process.stdout.read, daemon=True)
        self._reader.start()

    def stop(self, sig: signal.Signals = signal.SIGKILL) -> None:
        self._process.send_signal(sig)
        self._process.wait(PATIENCE_SECONDS)
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def token(self, user: str, seconds: float = 3600, **claims: object) -> str:
        now = time.time()
        payload = {'sub': user, 'iat': int(now), 'exp': int(now + seconds), **claims}
        parts = [_base64url(json.dumps(part).encode()) for part in ({'alg': 'HS256', 'typ': 'JWT'}, payload)]
        signed = '.'.join(parts)
        return signed + '.' + _base64url(hmac.digest(self._secret.encode(), signed.encode(), hashlib.sha256))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


class Proxy:
    """Forwards TCP connections until they are cut."""

    def __init__(self, target: str) -> None:
        host, port = target.rsplit(':', 1)
        self._target = (host, int(port))
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.address = '127.0.0.1:%d' % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Breaks all connections. New ones are accepted."""
        sockets, self._sockets = self._sockets, []
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # The other side was faster.
            each.close()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                incoming, _ = self._listener.accept()
                outgoing = socket.create_connection(self._target)
            except OSError:
                return
            self._sockets += [incoming, outgoing]
            for source, sink in ((incoming, outgoing), (outgoing, incoming)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class Recorder:
    """Collects values from other threads, for tests that wait for them."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._changed = threading.Condition()

    def __call__(self, *values: object) -> None:
        with self._changed:
            self.values.append(values[0] if len(values) == 1 else values)
            self._changed.notify_all()

    def until(self, holds: Callable[[list[object]], bool]) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self.values), PATIENCE_SECONDS):
                raise AssertionError(f'only {self.values}')
