"""What the HTTP interface accepts and answers, as strict pydantic models built on the parameter table."""
