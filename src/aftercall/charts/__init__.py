"""Charts: a tile (a Query, a kind of chart, a format) and its Answer become what is shown.

tile.py board.py   what is asked: one tile; the filters of the board around it
value.py           a number as text
table.py           the answer as a table: each tile has one, whatever its kind
marks.py           rows as marks: every one knows the cell of the answer that it shows
kinds/             one file for each kind of chart: marks as a Vega-Lite spec
drawing.py         the whole of a tile, ready for the page: draw(tile, query, answer)
theme.py image.py  colours; PNG and SVG on the server
"""
