# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The login of a MySQL 8 server, as its protocol describes it, and nothing after: every password is refused.

MariaDB, which the other tests use, has neither caching_sha2_password nor the plugins of other servers.
"""

import datetime
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

SALT = b"abcdefghijklmnopqrst"
TLS = 1 << 11
CAPABILITIES = 1 << 3 | 1 << 9 | 1 << 15 | 1 << 19 | 1 << 21  # database, protocol 4.1, long salt, plugins
REFUSED = b"\xff" + struct.pack("<H", 1045) + b"#28000Access denied for user 'reader'"


class Login:
    """``password`` is what the client sent, once it has."""

    def __init__(self, plugin: str, folder: Path, secure: bool) -> None:
        self.password = b""
        self._plugin, self._secure = plugin, secure
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._context = _context(self._key, folder)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Answer one client."""
        connection, _address = self._listener.accept()
        with connection:
            capabilities = CAPABILITIES | (TLS if self._secure else 0)
            low, high = struct.pack("<I", capabilities)[:2], struct.pack("<I", capabilities)[2:]
            middle = b"\0" + low + b"\xff" + struct.pack("<H", 2) + high + bytes([len(SALT) + 1]) + bytes(10)
            greeting = b"\x0a8.4.0\0" + struct.pack("<I", 1) + SALT[:8] + middle + SALT[8:] + b"\0"
            _send(connection, 0, greeting + self._plugin.encode() + b"\0")
            number, _answer = _receive(connection)
            if self._secure:
                connection = self._context.wrap_socket(connection, server_side=True)
                number, _answer = _receive(connection)
            if self._plugin == "caching_sha2_password":
                number = self._full_authentication(connection, number)
            else:
                _send(connection, number + 1, b"\xfe" + self._plugin.encode() + b"\0" + SALT + b"\0")
                number, _answer = _receive(connection)
            if number:
                _send(connection, number + 1, REFUSED)
            connection.close()

    def _full_authentication(self, connection: socket.socket, number: int) -> int:
        _send(connection, number + 1, b"\x01\x04")
        number, answer = _receive(connection)
        if self._secure:
            self.password = answer.rstrip(b"\0")
            return number
        assert answer == b"\x02"  # the public key, please
        pem = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        _send(connection, number + 1, b"\x01" + pem)
        number, answer = _receive(connection)
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303  # MySQL's choice
        scrambled = self._key.decrypt(answer, oaep)
        self.password = bytes(a ^ b for a, b in zip(scrambled, cycle(SALT), strict=False)).rstrip(b"\0")
        return number

    def close(self) -> None:
        self._listener.close()


@contextmanager
def mysql_login(plugin: str, folder: Path, secure: bool) -> Iterator[Login]:
    login = Login(plugin, folder, secure)
    thread = threading.Thread(target=login.serve)
    thread.start()
    try:
        yield login
    finally:
        thread.join()
        login.close()


def _send(connection: socket.socket, number: int, payload: bytes) -> None:
    connection.sendall(struct.pack("<I", len(payload))[:3] + bytes([number]) + payload)


def _receive(connection: socket.socket) -> tuple[int, bytes]:
    """Number and content of a packet; 0 and nothing when the client has gone."""
    header = connection.recv(4, socket.MSG_WAITALL) if not isinstance(connection, ssl.SSLSocket) else connection.recv(4)
    if len(header) < 4:
        return 0, b""
    length, payload = int.from_bytes(header[:3], "little"), b""
    while len(payload) < length:
        payload += connection.recv(length - len(payload))
    return header[3], payload


def _context(key: rsa.RSAPrivateKey, folder: Path) -> ssl.SSLContext:
    """TLS with a certificate that the server has signed itself, as MySQL makes one."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "MySQL_Server_Auto_Generated")])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day)
    (folder / "server.pem").write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
