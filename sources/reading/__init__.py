"""What sources share to understand replies: text, dates, links, identity, encodings, feeds, tables. All pure."""
