"""A `Table` comes in; histograms that a bundle may keep go out, and sensitive groups."""
