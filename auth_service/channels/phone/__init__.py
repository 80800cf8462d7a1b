"""The beneficiary's own page: what is shown, heard and sent on an ordinary phone. The server alone judges."""
