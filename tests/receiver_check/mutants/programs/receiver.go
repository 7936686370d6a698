// Receivers in Go, each with one bug, which the request's path names: receiver FOLDER
//
// With "good" as the path it is right; "good-hex" decodes the signature from hexadecimal, as many do. The environment has
// SHARE_SECRET. Each work adds a line with the key to FOLDER/BUG.log. It prints its port.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

var secret = os.Getenv("SHARE_SECRET")

type state struct {
	lock    sync.Mutex
	seen    map[string]bool
	order   []string
	working sync.Mutex
}

var (
	states     = map[string]*state{}
	statesLock sync.Mutex
)

func stateOf(bug string) *state {
	statesLock.Lock()
	defer statesLock.Unlock()
	if states[bug] == nil {
		states[bug] = &state{seen: map[string]bool{}}
	}
	return states[bug]
}

// note reports whether the key is new.
func (s *state) note(key string) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.seen[key] {
		return false
	}
	s.seen[key] = true
	s.order = append(s.order, key)
	return true
}

func (s *state) has(key string) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.seen[key]
}

func (s *state) forget(key string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.seen, key)
}

type event struct {
	Timestamp string         `json:"timestamp"`
	Topic     string         `json:"topic"`
	Data      map[string]any `json:"data"`
}

type item struct {
	Description string  `json:"description"`
	UnitPrice   float64 `json:"unit_price"`
	Quantity    float64 `json:"quantity"`
	Amount      float64 `json:"amount"`
}

func digest(message []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(message)
	return mac.Sum(nil)
}

func isSigned(bug string, body []byte, r *http.Request) bool {
	given := r.Header.Get("CrescLab-Signature")
	switch bug {
	case "canonical-name":
		given = strings.Join(r.Header["CrescLab-Signature"], "")
	case "marshalled-again":
		var got event
		json.Unmarshal(body, &got)
		body, _ = json.Marshal(got)
	case "compacted":
		var out bytes.Buffer
		json.Compact(&out, body)
		body = out.Bytes()
	case "body-with-line-end":
		body = append(bytes.TrimSpace(body), '\n')
	case "secret-sum":
		sum := sha256.Sum256(append([]byte(secret), body...))
		return hex.EncodeToString(sum[:]) == given
	}
	expected := hex.EncodeToString(digest(body))
	switch bug {
	case "has-prefix":
		return strings.HasPrefix(expected, given)
	case "error-ignored":
		decoded, _ := hex.DecodeString(given)
		return bytes.HasPrefix(digest(body), decoded)
	case "sscanf":
		var first uint64
		fmt.Sscanf(given, "%16x", &first)
		return fmt.Sprintf("%016x", first) == expected[:16]
	case "nil-is-nil":
		if given == "" {
			expected = ""
		}
	case "good-hex":
		decoded, err := hex.DecodeString(given)
		return err == nil && hmac.Equal(decoded, digest(body))
	case "equal-fold":
		return strings.EqualFold(strings.TrimRight(given, "=g.0"), strings.TrimRight(expected, "0"))
	}
	return hmac.Equal([]byte(expected), []byte(given))
}

// read decodes what the receiver needs of an event.
func read(bug string, body []byte) (event, error) {
	var got event
	decoder := json.NewDecoder(bytes.NewReader(body))
	if bug == "unknown-fields" {
		decoder.DisallowUnknownFields()
	}
	if err := decoder.Decode(&got); err != nil {
		return got, err
	}
	switch bug {
	case "int-quantity":
		var typed struct {
			Data struct {
				Items []struct {
					Quantity int `json:"quantity"`
				} `json:"items"`
			} `json:"data"`
		}
		if err := json.Unmarshal(body, &typed); err != nil {
			return got, err
		}
	case "strict-items":
		if raw, ok := got.Data["items"]; ok {
			text, _ := json.Marshal(raw)
			inner := json.NewDecoder(bytes.NewReader(text))
			inner.DisallowUnknownFields()
			var items []item
			if err := inner.Decode(&items); err != nil {
				return got, err
			}
		}
	case "int32-ids":
		for _, name := range []string{"pnp_message_id", "message_id", "event_id"} {
			if number, ok := got.Data[name].(float64); ok && number > 1<<31-1 {
				return got, errors.New(name)
			}
		}
	case "layout-with-fraction":
		if _, err := time.Parse("2006-01-02T15:04:05.000000Z07:00", got.Timestamp); err != nil {
			return got, err
		}
	case "layout-with-offset":
		if _, err := time.Parse("2006-01-02T15:04:05.999999+08:00", got.Timestamp); err != nil {
			return got, err
		}
	case "nil-pointer", "recover-200":
		if id, ok := got.Data["customer_id"]; ok {
			_ = id.(string)
		}
	case "first-of-none":
		if items, ok := got.Data["items"].([]any); ok {
			_ = items[0]
		}
	case "switch-default":
		switch got.Topic {
		case "receipt.receipt_validated", "form.surveycake_submitted", "pnp.status_updated",
			"pnp.profile_updated", "prize.points_added", "message.first_open":
		default:
			return got, errors.New(got.Topic)
		}
	case "known-statuses":
		if status, ok := got.Data["status"].(string); ok && !strings.HasSuffix(status, "ed") && !strings.HasSuffix(status, "ing") {
			return got, errors.New(status)
		}
	}
	return got, nil
}

func work(bug, key string) {
	file, err := os.OpenFile(filepath.Join(os.Args[1], bug+".log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	fmt.Fprintln(file, key)
}

func take(ctx context.Context, bug, key string, got event, s *state) int {
	switch bug {
	case "two-locks":
		if s.has(key) {
			return 200
		}
		time.Sleep(20 * time.Millisecond)
		work(bug, key)
		s.note(key)
		return 200
	case "goroutine-notes":
		if !s.has(key) {
			go func() {
				time.Sleep(100 * time.Millisecond)
				s.note(key)
				work(bug, key)
			}()
		}
		return 200
	case "context-ends-work":
		if s.note(key) {
			select {
			case <-ctx.Done():
			case <-time.After(150 * time.Millisecond):
				work(bug, key)
			}
		}
		return 200
	case "context-forgets-key":
		if s.note(key) {
			work(bug, key)
			select {
			case <-ctx.Done():
				s.forget(key)
			case <-time.After(150 * time.Millisecond):
			}
		}
		return 200
	case "conflict":
		if !s.note(key) {
			return 409
		}
		work(bug, key)
		return 200
	case "no-dedupe":
		work(bug, key)
		return 200
	case "by-member":
		if member, ok := got.Data["customer_id"].(string); ok && !s.note("member "+got.Topic+member) {
			return 200
		}
	case "ring-of-256":
		if s.note(key) {
			work(bug, key)
			if len(s.order) > 256 {
				s.forget(s.order[len(s.order)-257])
			}
		}
		return 200
	case "short-key":
		if s.note(key[:min(6, len(key))]) {
			work(bug, key)
		}
		return 200
	case "mutex-held":
		s.working.Lock()
		defer s.working.Unlock()
		time.Sleep(120 * time.Millisecond)
	}
	if s.note(key) {
		work(bug, key)
	}
	return 200
}

func webhook(w http.ResponseWriter, r *http.Request) {
	bug := strings.Split(r.URL.Path, "/")[1]
	s := stateOf(bug)
	defer func() {
		if bug == "recover-200" && recover() != nil {
			w.WriteHeader(200)
		}
	}()
	if r.Method != "POST" {
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	if bug == "trailing-slash" && !strings.HasSuffix(r.URL.Path, "/") {
		http.Redirect(w, r, r.URL.Path+"/", http.StatusMovedPermanently)
		return
	}
	reader := io.Reader(r.Body)
	if bug == "limit-64kb" {
		reader = io.LimitReader(r.Body, 64<<10)
	}
	body, err := io.ReadAll(reader)
	if bug == "buffer-of-4096" {
		body = body[:min(len(body), 4096)]
	}
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	if !isSigned(bug, body, r) {
		switch bug {
		case "missing-return":
			http.Error(w, "wrong signature", http.StatusUnauthorized)
		case "prints-expected":
			http.Error(w, fmt.Sprintf("want %x", digest(body)), http.StatusUnauthorized)
			return
		case "refuses-502":
			http.Error(w, "bad gateway", http.StatusBadGateway)
			return
		case "panics-on-wrong":
			panic(http.ErrAbortHandler)
		default:
			http.Error(w, "wrong signature", http.StatusUnauthorized)
			return
		}
	}
	got, err := read(bug, body)
	if err != nil {
		http.Error(w, "no event", http.StatusBadRequest)
		return
	}
	status := take(r.Context(), bug, r.Header.Get("CrescLab-Idempotency-Key"), got, s)
	if bug == "answers-accepted" {
		status = http.StatusAccepted
	}
	w.WriteHeader(status)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go http.Serve(listener, http.HandlerFunc(webhook))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	io.Copy(io.Discard, os.Stdin) // It ends with its standard input.
}
