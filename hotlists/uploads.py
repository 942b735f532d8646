"""An upload of a list's file goes into the spool, for the portal's own account only, and never beyond its limit."""

from __future__ import annotations

import tempfile
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from . import importer


class SpoolUpload(FileUploadHandler):
    """Writes an upload to a file that goes away when it is closed; one over ``limit`` bytes comes to nothing."""

    def __init__(self, request: Any = None, *, limit: int):
        super().__init__(request)
        self.limit, self.size = limit, 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.size = 0
        self.file = tempfile.NamedTemporaryFile(dir=importer.spool(), suffix=".upload")  # noqa: SIM115 - closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        if self.size > self.limit:
            self.file.close()
            raise SkipFile
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self.file.closed:
            return None
        self.file.seek(0)
        return UploadedFile(self.file, self.file_name, self.content_type, file_size)

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            self.file.close()
