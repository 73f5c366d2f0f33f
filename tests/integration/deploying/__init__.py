"""Deploys: what they refuse, and what readers see of them."""
