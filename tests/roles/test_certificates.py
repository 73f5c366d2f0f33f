"""A server that wants TLS, a certificate of the client, and its name in it: everything connects."""

import datetime
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hedge import database, libpq_variables, world
from tests import PROJECT, Hedge, other_server
from tests.other_server import OLDEST
from tests.roles.conftest import Command, Serving
from tests.support.commands import Processes, free_port

#: The role, which is the name in its certificate.
ROLE = "hedge"
EVENTS = {"cluster": "demo-busy"}


@dataclass(frozen=True)
class Authority:
    """Makes certificates, of which it writes the files into a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, folder: Path, name: str) -> "Authority":
        """A new one; NAME.crt is what others trust."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        basic = x509.BasicConstraints(ca=True, path_length=None)
        certificate = (
            _builder(subject, subject, key.public_key())
            .add_extension(basic, critical=True)
            .sign(key, hashes.SHA256())
        )
        (folder / f"{name}.crt").write_bytes(certificate.public_bytes(_PEM))
        return cls(folder, key, certificate)

    def issue(self, name: str, folder: Path) -> None:
        """NAME.crt and NAME.key for a name, in a folder; also for this host."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        hosts = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
        )
        certificate = (
            _builder(subject, self.certificate.subject, key.public_key())
            .add_extension(hosts, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        (folder / f"{name}.crt").write_bytes(certificate.public_bytes(_PEM))
        file = folder / f"{name}.key"
        file.touch(mode=0o600)
        file.write_bytes(
            key.private_bytes(
                _PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


_PEM = serialization.Encoding.PEM


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )


@pytest.fixture
def parameters(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The parameters of libpq by which the role reaches a server that lets nobody else in."""
    if not (OLDEST / "initdb").exists():
        pytest.skip("no PostgreSQL 15 on this machine")
    authority = Authority.made(tmp_path, "authority")
    authority.issue(ROLE, tmp_path)
    authority.issue("somebody", tmp_path)
    port = free_port()

    def prepare(data: Path) -> str:
        authority.issue("server", data)
        (data / "authority.crt").write_bytes((tmp_path / "authority.crt").read_bytes())
        (data / "pg_hba.conf").write_text(
            "local all postgres trust\nhostssl all all 127.0.0.1/32 trust clientcert=verify-full\n"
        )
        if (other := other_server.account()) is not None:
            for file in ("server.crt", "server.key", "authority.crt", "pg_hba.conf"):
                os.chown(data / file, other.pw_uid, other.pw_gid)
        return "-h 127.0.0.1 -c ssl=on -c ssl_ca_file=authority.crt"

    with other_server.running(OLDEST, prepare, port=port) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"create role {ROLE} login; alter database hedge owner to {ROLE}")
        yield {
            "host": "localhost",
            "port": str(port),
            "user": ROLE,
            "dbname": "hedge",
            "sslmode": "verify-full",
            "sslrootcert": str(tmp_path / "authority.crt"),
            "sslcert": str(tmp_path / f"{ROLE}.crt"),
            "sslkey": str(tmp_path / f"{ROLE}.key"),
        }


def url_of(parameters: dict[str, str]) -> str:
    query = "&".join(f"{key}={value}" for key, value in parameters.items())
    return f"postgresql://?{query}"


@pytest.mark.full  # 30 seconds: a deploy, and processes that serve
def test_every_connection_has_a_certificate(
    parameters: dict[str, str],
    works: Command,
    serving: Serving,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEDGE_DATABASE_URL", url_of(parameters))
    works("db", "migrate")
    works("etl", "deploy")
    files = world.write_world(tmp_path, clusters=3, seed=1)
    works("load", "pvp_matches", str(files["pvp_matches"]))
    works("wallets", "import", str(files["wallets"]))
    works("etl", "full")
    works("db", "backup", str(tmp_path / "backup"))

    # the same by variables, as libpq has it; plain dbt and psql too
    with monkeypatch.context() as patch:
        for name, value in libpq_variables.variables().items():
            patch.setenv(name, value)
        patch.setenv("HEDGE_DATABASE_URL", "postgresql://")
        works("etl", "full")
        _works_in_a_process("db", "psql", "-c", "select ssl from pg_stat_ssl")
    told = works("db", "url", "--env")
    assert f"export PGSSLKEY={shlex.quote(parameters['sslkey'])}" in told
    _works_in_a_process("db", "psql", "-c", "select ssl from pg_stat_ssl")

    with serving(url_of(parameters)) as client:
        answer = client.get("/clusters/demo-busy/progress")
        assert answer.status_code == 200
        worker = _worker(url_of(parameters), tmp_path / "worker")
        with worker, client.stream("GET", "/events", params=EVENTS) as stream:
            assert stream.status_code == 200
            with database.connect() as connection:
                rows = connection.execute(
                    "select application_name, ssl, client_dn from pg_stat_activity"
                    " left join pg_stat_ssl using (pid)"
                    " where backend_type = 'client backend' and usename = %s",
                    [ROLE],
                ).fetchall()
    names = {name for name, _, _ in rows}
    assert names >= {"hedge", "hedge-api", "hedge-api-events", "hedge-worker"}, names
    assert {(ssl, dn) for _, ssl, dn in rows} == {(True, f"/CN={ROLE}")}


@pytest.mark.ci
def test_who_has_no_certificate_is_told_so_in_a_sentence(
    parameters: dict[str, str], hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = {key: value for key, value in parameters.items() if key not in ("sslcert", "sslkey")}
    of_another = {key: value.replace(f"{ROLE}.", "somebody.") for key, value in parameters.items()}
    for wrong, why in (
        (without | {"sslcert": "/none", "sslkey": "/none"}, "valid client certificate"),
        (of_another, "certificate authentication failed|authentication failed"),
        (parameters | {"sslmode": "disable"}, "no pg_hba.conf entry"),
        (parameters | {"sslrootcert": parameters["sslcert"]}, "certificate verify failed"),
    ):
        monkeypatch.setenv("HEDGE_DATABASE_URL", url_of(wrong))
        status, _, errors = hedge("db", "migrate")
        assert status == 1
        assert errors.startswith("hedge: no connection to postgresql://"), errors
        assert errors.count("\n") == 1, errors
        assert any(part in errors for part in why.split("|")), errors


def _works_in_a_process(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "cli", *arguments], cwd=PROJECT, check=True, timeout=60)


@contextmanager
def _worker(url: str, folder: Path) -> Iterator[None]:
    """`hedge worker` in a process of its own, which is ready when the block begins."""
    processes = Processes(url, folder)
    try:
        process = processes.start("worker")
        with database.connect() as connection:

            def is_ready() -> bool:
                assert process.poll() is None, processes.log.read_text()
                waiting = "select count(*) from pg_stat_activity where application_name = %s"
                return bool(database.value(connection, waiting, ["hedge-worker"]) >= 2)

            processes.wait_until(is_ready)
        yield
        process.terminate()
        process.wait(timeout=60)
    finally:
        processes.kill()
