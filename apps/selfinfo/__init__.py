"""A guardian fetches their own records from マイナポータル (自己情報取得API)."""
