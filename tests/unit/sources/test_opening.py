"""Opening: pipes, standard input, and what a file is by its first bytes."""

import bz2
import gzip
import io
import lzma
import os
import re
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from hedge.errors import HedgeError, UsageError
from hedge.loading.sources import open_source
from tests.unit.sources import column, outcomes, read, table

NAMES = table(column("text", "name"), column("bigint", "number"))
CSV = "name,number\né,1\nb,2\n"
NDJSON = '{"name": "é", "number": 1}\n{"name": "b", "number": 2}\n'


def parquet_bytes() -> bytes:
    """The same rows as Parquet."""
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"name": ["é", "b"], "number": [1, 2]}), file)
    return file.getvalue()


#: The same rows in each form that is recognized by its first bytes.
FORMS: dict[str, Callable[[], bytes]] = {
    "CSV": CSV.encode,
    "CSV in gzip": lambda: gzip.compress(CSV.encode()),
    "CSV in two members of gzip": lambda: (
        gzip.compress(CSV[:9].encode()) + gzip.compress(CSV[9:].encode())
    ),
    "CSV in UTF-16": lambda: CSV.encode("utf-16"),
    "CSV in UTF-16 with the other order": lambda: b"\xfe\xff" + CSV.encode("utf-16-be"),
    "CSV in UTF-16 in gzip": lambda: gzip.compress(CSV.encode("utf-16")),
    "CSV with a mark": lambda: CSV.encode("utf-8-sig"),
    "NDJSON": NDJSON.encode,
    "NDJSON in gzip in gzip": lambda: gzip.compress(gzip.compress(NDJSON.encode())),
    "NDJSON in UTF-16": lambda: NDJSON.encode("utf-16"),
    "Parquet": parquet_bytes,
    "Parquet in gzip": lambda: gzip.compress(parquet_bytes()),
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Writes a file and returns its path."""

    def to_file(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return to_file


@pytest.fixture
def through_standard_input(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], str]:
    """Makes bytes the standard input and returns its name."""

    def put(content: bytes) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return "-"

    return put


@pytest.fixture
def through_pipe(tmp_path: Path) -> Callable[[bytes], str]:
    """Writes bytes to a named pipe and returns its path."""

    def put(content: bytes, name: str = "pipe") -> str:
        os.mkfifo(tmp_path / name)
        threading.Thread(target=(tmp_path / name).write_bytes, args=[content], daemon=True).start()
        return str(tmp_path / name)

    return put


@pytest.mark.parametrize("form", FORMS)
def test_a_pipe_and_standard_input_are_read_by_their_first_bytes(
    through_pipe, through_standard_input, form: str
) -> None:
    content = FORMS[form]()
    for name in (through_standard_input(content), through_pipe(content)):
        assert [row.values for row in read(name, NAMES)] == [["é", "1"], ["b", "2"]]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_read_by_its_first_bytes_where_they_are_certain(write, form: str) -> None:
    # a name that is right, and one that is wrong where the bytes tell more
    content = FORMS[form]()
    ending = next(e for e in ("csv", "ndjson", "parquet") if e in form.lower())
    for name in (f"a.{ending}", "a.csv", f"A.{ending.upper()}"):
        assert [row.values for row in read(write(name, content), NAMES)] == [["é", "1"], ["b", "2"]]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.tsv", CSV.replace(",", "\t")), ("a.json", NDJSON), ("a.jsonl", NDJSON)],
)
def test_other_names(write, name: str, content: str) -> None:
    assert len(read(write(name, content.encode()), NAMES)) == 2
    assert len(read(write(f"{name}.gz", gzip.compress(content.encode())), NAMES)) == 2


def test_a_pipe_through_gzip_may_be_named(through_pipe) -> None:
    assert len(read(through_pipe(gzip.compress(CSV.encode()), "a.csv.gz"), NAMES)) == 2


def test_the_progress_of_a_pipe_has_no_total(through_pipe) -> None:
    with open_source(through_pipe(CSV.encode()), NAMES) as (source, progress):
        list(source.chunks())
        assert progress() == (len(CSV.encode()), None)


def test_a_pipe_that_writes_slowly_is_recognized(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    def write_byte_by_byte() -> None:
        with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
            for byte in gzip.compress(CSV.encode()):
                pipe.write(bytes([byte]))

    threading.Thread(target=write_byte_by_byte, daemon=True).start()
    assert len(read(tmp_path / "pipe", NAMES)) == 2


def zip_bytes() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", CSV)
    return file.getvalue()


REFUSED = {
    b"\x28\xb5\x2f\xfd\0": "the file is compressed with zstd, which is not supported: decompress",
    bz2.compress(CSV.encode()): "the file is compressed with bzip2, which is not supported",
    lzma.compress(CSV.encode()): "the file is compressed with xz, which is not supported",
    zip_bytes(): "the file is an Excel workbook or a ZIP archive, which is not supported: save",
    b"\xd0\xcf\x11\xe0\xa1": "the file is an Excel workbook, which is not supported",
    b"Obj\x01": "the file is Avro, which is not supported",
    b"<!DOCTYPE html>\n": "the file is HTML or XML, which is not supported",
    CSV.encode("utf-32"): "the file is UTF-32 text: convert it to UTF-8",
    CSV.encode("utf-16-le"): "the file is UTF-16 text without a byte order mark: convert it",
    CSV.encode("utf-16-be"): "the file is UTF-16 text without a byte order mark: convert it",
    b' [\n{"name": "a"}]': "the file is one array of JSON; NDJSON has one object on every line",
    b'{\n"name": "a"\n}\n': "an object of JSON stands on several lines; NDJSON has one",
}


@pytest.mark.parametrize("content", REFUSED, ids=REFUSED.values())
def test_what_cannot_be_read_is_said_by_its_name(
    write, through_standard_input, through_pipe, content: bytes
) -> None:
    packed = write("a.csv.gz", gzip.compress(content))
    for file in (
        write("a.csv", content),
        write("a.ndjson", content),
        packed,
        through_standard_input(content),
        through_pipe(content),
    ):
        with pytest.raises(UsageError) as error:
            read(file, NAMES)
        named = "standard input" if file == "-" else file
        assert str(error.value).startswith(f"{named}: {REFUSED[content]}")


def test_a_workbook_is_said_to_be_one_whatever_its_name(write) -> None:
    with pytest.raises(UsageError, match=r"a\.xlsx: the file is an Excel workbook or a ZIP"):
        read(write("a.xlsx", zip_bytes()), NAMES)


@pytest.mark.parametrize("name", ["a.xlsx", "csv", "a.gz", "a.txt"])
def test_text_needs_a_name_that_tells_its_format(write, name: str) -> None:
    for content in (CSV.encode(), b""):
        packed = gzip.compress(content) if name.endswith(".gz") else content
        with pytest.raises(UsageError, match=r"the name must end in \.csv, \.tsv, \.ndjson"):
            read(write(name, packed), NAMES)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv"])
def test_an_empty_file_is_said_to_be_empty(write, name: str) -> None:
    for content in (b"", gzip.compress(b"")):
        with pytest.raises(UsageError, match="the file is empty"):
            read(write(name, content), NAMES)
    with pytest.raises(UsageError, match="the file has no header"):
        read(write("a.csv", b"\n"), NAMES)
    assert read(write("a.csv", b"name,number\n"), NAMES) == []
    assert read(write("a.ndjson", b""), NAMES) == []


def test_a_name_in_gz_that_is_not_compressed_cannot_be_read(write) -> None:
    with pytest.raises(HedgeError, match=r"a\.csv\.gz cannot be read: its name ends in \.gz"):
        read(write("a.csv.gz", CSV.encode()), NAMES)


@pytest.mark.parametrize("cut", [CSV.encode("utf-16")[:-1], CSV.encode("utf-16") + b"\x00\xd8"])
def test_utf_16_that_is_broken_cannot_be_read(write, cut: bytes) -> None:
    with pytest.raises(HedgeError, match=r"a\.csv cannot be read: it is not UTF-16 text: "):
        read(write("a.csv", cut), NAMES)


def test_a_folder_and_a_device_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(HedgeError, match="cannot be read: Is a directory"):
        read(tmp_path, NAMES)
    with pytest.raises(UsageError, match="/dev/null: it is a device or a socket, not a file"):
        read("/dev/null", NAMES)
    with pytest.raises(UsageError, match=r"there is no file .*nowhere"):
        read(tmp_path / "nowhere", NAMES)


def test_only_a_hyphen_is_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("(1).csv", "+1.csv", "-.csv"):
        Path(name).touch()
        with pytest.raises(UsageError, match=rf"^{re.escape(name)}: the file is empty"):
            read(name, NAMES)


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="standard input: it is closed"):
        read("-", NAMES)


def test_a_parquet_file_that_is_cut_cannot_be_read(write, through_standard_input) -> None:
    content = parquet_bytes()[:-20]
    for file in (write("a.parquet", content), through_standard_input(content)):
        with pytest.raises(HedgeError, match=r"(a.parquet|standard input) cannot be read: "):
            read(file, NAMES)


def test_old_encodings_are_said(write) -> None:
    for name in ("a.csv", "a.ndjson"):
        content = (CSV if name == "a.csv" else NDJSON).encode("latin-1")
        bad, good = read(write(name, content), NAMES)
        assert bad.reason == (
            "the row is not UTF-8 text: its byte 0xe9 would be 'é' in Latin-1; convert the file"
        )
        assert good.values == ["b", "2"]
    (euro, none) = read(write("a.csv", b"name\n\x80\n\x81\n"), table(column("text", "name")))
    assert euro.reason.endswith("its byte 0x80 would be '€' in Windows-1252; convert the file")
    assert none.reason == "the row is not UTF-8 text: its byte 0x81 is no character"
    (last, first) = read(write("a.csv", b"name\n\x9f\n\xa0\n"), table(column("text", "name")))
    assert last.reason.endswith("'Ÿ' in Windows-1252; convert the file")
    assert first.reason.endswith("'\xa0' in Latin-1; convert the file")
    assert outcomes([none]) == [f"! {none.reason}"]


def test_an_open_file_has_no_name_and_one_in_shared_memory_has_one(write) -> None:
    with write("a.txt", CSV.encode()).open("rb") as opened:
        assert len(read(f"/dev/fd/{opened.fileno()}", NAMES)) == 2
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("no shared memory as a folder")
    with (
        tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".csv") as empty,
        pytest.raises(UsageError, match="the file is empty"),
    ):
        read(Path(empty.name), NAMES)
