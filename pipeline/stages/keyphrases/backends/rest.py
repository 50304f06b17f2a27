"""HanLP's REST service, only ever used where a config names it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from spacy.tokens import Doc

from pipeline.errors import BackendError, Errors
from pipeline.stages.keyphrases.backends import Proposal, occurrences

DEFAULT_URL = "https://www.hanlp.com/api"
_LONGEST_TEXT = 15_000


class RestBackend:
    """Phrases by ``HanLPClient.keyphrase_extraction``, one request a paragraph. The text leaves this machine.

    Parameters
    ----------
    url : str
        Address of the service.
    auth : str
        Name of the environment variable that holds the key, so that no config holds it.
    language : str
        As the service names it.
    timeout : float
        Seconds to wait for an answer.
    retries : int
        Further tries after 429 (too many requests).
    wait : float
        Seconds before the first of them; doubled each time. What the service asks for goes first.
    per_request : int
        Phrases to ask for.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        auth: str = "HANLP_AUTH",
        language: str = "zh",
        timeout: float = 30.0,
        retries: int = 4,
        wait: float = 5.0,
        per_request: int = 10,
    ) -> None:
        self.url = url.rstrip("/")
        self.auth = auth
        self.language = language
        self.timeout = timeout
        self.retries = retries
        self.wait = wait
        self.per_request = per_request

    def propose(self, doc: Doc, paragraphs: list[dict[str, Any]]) -> list[Proposal]:
        """Ask for each paragraph's phrases and find where they stand; their scores are the confidence."""
        whole, proposals = doc.text, []
        for paragraph in paragraphs:
            text = whole[paragraph["start"] : paragraph["end"]]
            for phrase, score in self._ask(text[:_LONGEST_TEXT]).items():
                confidence = min(1.0, max(0.0, float(score)))
                proposals += [
                    Proposal(start, end, confidence)
                    for start, end in occurrences(whole, phrase, paragraph["start"], paragraph["end"])
                ]
        return sorted(proposals)

    def _ask(self, text: str) -> dict[str, float]:
        from hanlp_restful import HanLPClient
        from requests.exceptions import RequestException, Timeout

        # An empty key keeps the client from looking for one under its own name.
        client = HanLPClient(self.url, auth=os.environ.get(self.auth, ""), language=self.language, timeout=self.timeout)
        for attempt in range(self.retries + 1):
            try:
                found = client.keyphrase_extraction(text, topk=self.per_request)
            except Timeout:
                raise BackendError(Errors.E504.format(url=self.url, seconds=self.timeout)) from None
            except RequestException as error:
                raise BackendError(Errors.E505.format(url=self.url, reason=type(error).__name__)) from None
            except OSError as error:  # urllib's HTTPError, by which the client reports every status but 200
                status = getattr(error, "code", None)
                if status == 401:
                    raise BackendError(Errors.E503.format(url=self.url, variable=self.auth)) from None
                if status != 429:
                    raise BackendError(Errors.E505.format(url=self.url, reason=f"status {status}")) from None
                if attempt < self.retries:
                    time.sleep(_seconds(getattr(error, "headers", None)) or self.wait * 2**attempt)
            except ValueError:
                raise BackendError(Errors.E505.format(url=self.url, reason="the answer is not JSON")) from None
            else:
                if isinstance(found, dict) and all(isinstance(score, int | float) for score in found.values()):
                    return found
                raise BackendError(Errors.E505.format(url=self.url, reason="the answer holds no phrases"))
        raise BackendError(Errors.E506.format(url=self.url, tries=self.retries + 1))

    def to_disk(self, folder: Path) -> None:
        """Nothing to save: the settings lie in the config."""

    def from_disk(self, folder: Path) -> None:
        """Nothing to load."""


def _seconds(headers: Any) -> float | None:
    value = headers.get("Retry-After", "") if headers else ""
    return min(float(value), 120.0) if value.isdigit() else None
