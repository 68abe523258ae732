"""The issuers of デジタル認証アプリ, as its tokens name them. Pure."""

KNOWN = {
    "sandbox": "https://sb-auth-and-sign.go.jp/api/realms/main",
    "production": "https://auth-and-sign.go.jp/api/realms/main",
}
