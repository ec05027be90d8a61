"""One outside thing each; no rule of ours."""
