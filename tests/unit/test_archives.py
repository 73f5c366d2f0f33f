"""Archives of projects, also where Python knows no filters of tar files (3.11.2, in Debian 12)."""

import io
import tarfile
from pathlib import Path

import pytest

from hedge.project import archives
from tests import PROJECT


@pytest.fixture(params=[True, False], ids=["filters", "none"])
def _filters(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that has filters, or one that refuses them."""
    if request.param:
        return
    real = tarfile.TarFile.extractall
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    monkeypatch.setattr(tarfile.TarFile, "extractall", lambda packed, path: real(packed, path))


@pytest.mark.usefixtures("_filters")
def test_a_project_is_unpacked_as_it_was_packed(tmp_path: Path) -> None:
    packed = archives.pack(PROJECT)
    archives.unpack(packed, tmp_path)
    assert (tmp_path / "dbt_project.yml").read_text() == (PROJECT / "dbt_project.yml").read_text()
    assert archives.pack(tmp_path) == packed


@pytest.mark.usefixtures("_filters")
@pytest.mark.parametrize(
    ("name", "kind"),
    [("../outside", tarfile.REGTYPE), ("models/../../outside", tarfile.REGTYPE), ("tty", b"3")],
)
def test_what_would_be_written_elsewhere_is_refused(tmp_path: Path, name: str, kind: bytes) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.type = kind
        packed.addfile(member)
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(tarfile.TarError) as refused:
        archives.unpack(archive.getvalue(), folder)
    if not hasattr(tarfile, "data_filter"):
        assert str(refused.value) == f"{name} is no file below the folder"
    assert list(tmp_path.rglob("*")) == [folder]
