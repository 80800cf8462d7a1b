"""The root of the tree: a code, two sentences, and whether trying again helps."""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """Base of the tree. `detail` adds the particulars of one case, never personal data."""

    code: ClassVar[str] = "service_error"
    zh: ClassVar[str] = "服务出现问题，请稍后再试或改用其他方式办理。"
    en: ClassVar[str] = "The service had a problem. Please try again later or use another way."
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(detail or self.en)
        self.detail = detail
        self.field = field

    def text(self, language: str = "zh") -> str:
        """The sentence for a person, in `zh` or `en`."""
        return self.zh if language == "zh" else self.en


class InputRefused(ServiceError):
    code = "input_refused"
    zh = "提交的内容无法使用，请检查后重新提交。"
    en = "What was sent cannot be used. Please check it and send it again."
