"""HTTP for citizens and machines. This release speaks to agency systems; phone and kiosk follow."""
