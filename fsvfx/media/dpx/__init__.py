"""DPX pictures (SMPTE ST 268): header, layout, pixels."""
