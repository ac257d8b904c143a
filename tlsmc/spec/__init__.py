"""From TOML to a spec, and back."""
