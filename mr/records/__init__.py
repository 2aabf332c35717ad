"""From bytes to records and back: splits, blocks, tables, cells, TSV."""
