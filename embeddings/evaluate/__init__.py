"""How well the library answers: questions with known answers, measures, ablation and calibration."""
