"""What an agency's own systems call, and the page that anybody with a certificate opens.

routes         every route, its rule of access, its words in /openapi.json
enrollments    POST /v1/enrollments
verifications  POST /v1/verifications
replies        one answer per Idempotency-Key
certificates   GET /certificates/{serial}
operations     /healthz /readyz /metrics /openapi.json
schemas        the answers, as checked and documented types
description    /openapi.json
"""
