"""Keys are made and destroyed here, and sealed rows are opened here: nowhere else."""
