"""The running bot: it composes everything else."""
