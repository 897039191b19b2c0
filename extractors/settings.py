"""How documents are read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """One section of the settings: frozen; a misspelt key, or a number that is none or without end, is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ReadSettings(Section):
    ocr: Literal["auto", "never", "always"] = Field("auto", description="when pages are read by tesseract")
    languages: str = Field("eng", pattern=r"^[\w/-]+(\+[\w/-]+)*$", description="tesseract's languages, joined by +")
    dpi: int = Field(175, ge=72, le=600, description="resolution at which pages are drawn for OCR")
    poor_confidence: float = Field(0.6, ge=0, le=1, description="OCR less sure than this is put in the ledger")
    timeout_s: float = Field(600, gt=0, description="seconds one document may take")
    page_s: float = Field(60, gt=0, description="processor seconds one page may take, OCR aside")
    memory_gb: float = Field(4, gt=0, description="memory one document may take")
    max_pages: int = Field(2000, gt=0, description="pages read of one document")
    max_characters: int = Field(20_000_000, gt=0, description="characters one document may come to: some forty books")
