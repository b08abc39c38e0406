"""What the rows say before any fit: copies, columns that name them, classes that parts lack, duplicates."""
