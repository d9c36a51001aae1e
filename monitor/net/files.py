"""Files that the user named: read whole under a cap, written whole under another name first and then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from monitor.notice import Reply, Saved
from sources.base import LocalFile, NotFound, Response, Unreachable

_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EAGAIN})


def read_file(file: LocalFile, cap: int) -> tuple[Response, bool]:
    """The file as a reply (its time in `last-modified`), and whether it was cut at `cap` bytes. Blocks.

    Raises NotFound or Unreachable.
    """
    path = Path(file.path).expanduser()
    try:
        # Not blocking: opening a pipe that nobody writes to would wait for ever.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as handle:
            facts = os.fstat(handle.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise NotFound(f"{file.path} is not a file")
            body = handle.read(cap + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise NotFound(f"there is no file {file.path}") from None
    except OSError as error:
        raise Unreachable(f"{file.path} cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
    changed = datetime.fromtimestamp(facts.st_mtime, UTC)
    headers = {"last-modified": format_datetime(changed, usegmt=True), "content-length": str(facts.st_size)}
    return Response(200, headers, body[:cap], path.absolute().as_uri()), len(body) > cap


def save(saved: Saved) -> Reply:
    """Write the file so that it is there whole or not at all, even after a power cut. Blocks; what fails is a reply."""
    path = Path(saved.path).expanduser()
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb") as handle:
            handle.write(saved.body)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        status = 451 if error.errno in _PASSING else 550
        return Reply(status, error=f"{saved.path} cannot be written: {(error.strerror or 'unknown reason').lower()}")
    return Reply(250, body=str(path).encode())


def _sync_folder(folder: Path) -> None:
    # The rename itself is only on disk once its folder is.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
