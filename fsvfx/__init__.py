"""The library: media, colour, store, faces, engines, comp, rights, delivery. No prefect and no dask in here."""
