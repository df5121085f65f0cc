"""Values come in; tables, words, HTML and Markdown go out."""
