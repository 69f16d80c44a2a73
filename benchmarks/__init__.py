"""What newsbot costs, beside a named baseline."""
