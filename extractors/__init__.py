"""Reads a file into a Document."""

from extractors.errors import QuireError, UnreadableDocument
from extractors.reading import extractor, read_document, suffixes
from extractors.records import Block, Document, Page, Place
from extractors.sentences import sentence_spans
from extractors.settings import ReadSettings

__all__ = [
    "Block",
    "Document",
    "Page",
    "Place",
    "QuireError",
    "ReadSettings",
    "UnreadableDocument",
    "extractor",
    "read_document",
    "sentence_spans",
    "suffixes",
]
