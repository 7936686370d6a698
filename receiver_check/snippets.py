"""Short correct code in several languages, shown by explanations."""

from collections.abc import Mapping

from maac_contract.protocol import HEADER_IDEMPOTENCY_KEY, HEADER_SIGNATURE

Snippets = Mapping[str, str]

RAW_BODY: Snippets = {
    "Python (Flask)": "body = request.get_data()  # bytes, before request.json\n"
    "digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()",
    "Python (FastAPI)": "body = await request.body()\n"
    "digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()",
    "Python (Django)": "body = request.body  # bytes, before json.loads\n"
    "digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()",
    "JavaScript (Express)": "app.post('/webhook', express.raw({ type: '*/*' }), (request, response) => {\n"
    "  const digest = crypto.createHmac('sha256', secret).update(request.body).digest('hex')",
    "PHP": "$body = file_get_contents('php://input');\n$digest = hash_hmac('sha256', $body, $secret);",
    "Go": "body, err := io.ReadAll(r.Body)\nmac := hmac.New(sha256.New, []byte(secret)); mac.Write(body)",
    "Ruby (Rails)": "body = request.raw_post\ndigest = OpenSSL::HMAC.hexdigest('SHA256', secret, body)",
    "Java (Spring)": "@PostMapping void receive(@RequestBody byte[] body) {\n"
    '  mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256")); byte[] digest = mac.doFinal(body);',
    "C# (ASP.NET)": "using var buffer = new MemoryStream(); await Request.Body.CopyToAsync(buffer);\n"
    "var digest = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), buffer.ToArray());",
}

HMAC: Snippets = {
    "Python": "import hashlib, hmac\ndigest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()",
    "JavaScript": "const crypto = require('node:crypto')\n"
    "const digest = crypto.createHmac('sha256', secret).update(body).digest('hex')",
    "PHP": "// algorithm, data, key: in this order\n$digest = hash_hmac('sha256', $body, $secret);",
    "Go": "mac := hmac.New(sha256.New, []byte(secret)); mac.Write(body)\ndigest := hex.EncodeToString(mac.Sum(nil))",
    "Ruby": "require 'openssl'\ndigest = OpenSSL::HMAC.hexdigest('SHA256', secret, body)",
    "Java": 'mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));\n'
    "String digest = HexFormat.of().formatHex(mac.doFinal(body));",
    "C#": "var key = Encoding.UTF8.GetBytes(secret);\n"
    "var digest = Convert.ToHexString(HMACSHA256.HashData(key, body)).ToLowerInvariant();",
}

HEX: Snippets = {
    "Python": "digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()\n"
    "valid = hmac.compare_digest(digest.encode(), signature.encode())",
    "JavaScript": "const digest = crypto.createHmac('sha256', secret).update(body).digest('hex')\n"
    "const [a, b] = [Buffer.from(digest), Buffer.from(signature)]\n"
    "const valid = a.length === b.length && crypto.timingSafeEqual(a, b)",
    "PHP": "$digest = hash_hmac('sha256', $body, $secret); // hexadecimal already\n"
    "$valid = hash_equals($digest, $signature);",
    "Go": "digest := hex.EncodeToString(mac.Sum(nil))\nvalid := hmac.Equal([]byte(digest), []byte(signature))",
    "Ruby": "digest = OpenSSL::HMAC.hexdigest('SHA256', secret, body)\n"
    "valid = OpenSSL.secure_compare(digest, signature)",
    "Java": "String digest = HexFormat.of().formatHex(mac.doFinal(body));\n"
    "boolean valid = MessageDigest.isEqual(digest.getBytes(UTF_8), signature.getBytes(UTF_8));",
    "C#": "var digest = Convert.ToHexString(hash).ToLowerInvariant();\n"
    "var valid = CryptographicOperations.FixedTimeEquals("
    "Encoding.ASCII.GetBytes(digest), Encoding.ASCII.GetBytes(signature));",
}

SECRET: Snippets = {
    "Python": "secret = os.environ['SHARE_SECRET'].strip()  # fails at the start if it is missing\n"
    "key = secret.encode()",
    "JavaScript": "const secret = process.env.SHARE_SECRET?.trim()\n"
    "if (!secret) throw new Error('SHARE_SECRET is not set')",
    "PHP": "$secret = trim(getenv('SHARE_SECRET') ?: '');\nif ($secret === '') exit('SHARE_SECRET is not set');",
    "Go": 'secret := strings.TrimSpace(os.Getenv("SHARE_SECRET"))\n'
    'if secret == "" { log.Fatal("SHARE_SECRET is not set") }',
    "Ruby": "secret = ENV.fetch('SHARE_SECRET').strip # fails at the start if it is missing\nkey = secret",
}

SIGNATURE_IN_CGI = f"HTTP_{HEADER_SIGNATURE.upper().replace('-', '_')}"
KEY_IN_CGI = f"HTTP_{HEADER_IDEMPOTENCY_KEY.upper().replace('-', '_')}"

HEADER: Snippets = {
    "Python (Flask)": f"signature = request.headers.get('{HEADER_SIGNATURE}', '')\n"
    f"key = request.headers.get('{HEADER_IDEMPOTENCY_KEY}', '')",
    "Python (Django)": f"signature = request.headers.get('{HEADER_SIGNATURE}', '')\n"
    f"# or request.META['{SIGNATURE_IN_CGI}']",
    "JavaScript": "// Node gives all names in lower case\n"
    f"const signature = request.headers['{HEADER_SIGNATURE.lower()}'] ?? ''",
    "PHP": f"$signature = $_SERVER['{SIGNATURE_IN_CGI}'] ?? '';\n$key = $_SERVER['{KEY_IN_CGI}'] ?? '';",
    "Go": f'signature := r.Header.Get("{HEADER_SIGNATURE}")\nkey := r.Header.Get("{HEADER_IDEMPOTENCY_KEY}")',
    "Ruby (Rails)": f"signature = request.headers['{HEADER_SIGNATURE}'].to_s\n"
    f"key = request.headers['{HEADER_IDEMPOTENCY_KEY}'].to_s",
}
