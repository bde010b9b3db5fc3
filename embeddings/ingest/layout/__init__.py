"""Pages of a PDF: from characters with their boxes to lines, columns, tables and paragraphs."""
