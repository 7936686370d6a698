// A receiver in Go with nothing but its standard library: SHARE_SECRET=... PORT=9000 go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
)

const largest = 5 << 20

var (
	secret = []byte(strings.TrimSpace(os.Getenv("SHARE_SECRET")))
	seen   sync.Map // In production: a table with a unique key, written in the transaction of the work.
)

type event struct {
	Timestamp string          `json:"timestamp"`
	Topic     string          `json:"topic"`
	Data      json.RawMessage `json:"data"`
}

func isSigned(body []byte, signature string) bool {
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(signature))
}

func take(key string, got event) {
	if _, known := seen.LoadOrStore(key, true); !known {
		log.Println(got.Topic, len(got.Data), "bytes of data")
	}
}

func webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest)) // The raw bytes: what was signed.
	if err != nil {
		http.Error(w, "the body could not be read", http.StatusRequestEntityTooLarge)
		return
	}
	if !isSigned(body, r.Header.Get("CrescLab-Signature")) {
		http.Error(w, "wrong signature", http.StatusUnauthorized)
		return
	}
	var got event
	if err := json.Unmarshal(body, &got); err != nil {
		http.Error(w, "no event", http.StatusBadRequest)
		return
	}
	take(r.Header.Get("CrescLab-Idempotency-Key"), got)
	w.WriteHeader(http.StatusOK)
}

func main() {
	if len(secret) == 0 {
		log.Fatal("SHARE_SECRET is not set")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "9000"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /webhook", webhook)
	log.Printf("listening at http://%s/webhook", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
