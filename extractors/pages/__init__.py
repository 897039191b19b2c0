"""The pages of a PDF as lines of type, from their text layer or by OCR."""
