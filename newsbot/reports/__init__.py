"""What is held and what is missing, for people: coverage by day, one article's history, pages and plots."""
