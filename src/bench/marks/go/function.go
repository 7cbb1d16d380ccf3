// Delete-all as a Go function: the same settings, token, SQL, answer and priming as the function of this project, without everything
// else that it does. src/docs/performance.md has the command.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/golang-jwt/jwt"
	"github.com/jackc/pgx/v4"
)

const lock = "SELECT id FROM lock_account_for_change($1)"
const revocation = `SELECT receipt::text, keys_deleted, credits_returned::text, balance_after::text, revoked_at
  FROM carry_out_revocation(receipt_id => $1, account_id => $2, operation => 'all', target_id => NULL, target_hash => NULL,
           dedupe_key => NULL, requested_by => 'go', block_seconds => 0, bucket => 'none', calls_per_minute => 0, burst => 1)`

var background = context.Background()

type revoked struct {
	receipt, credits, balance string
	keys                      int
	at                        int64
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func authorities(file string) *x509.CertPool {
	pem, err := os.ReadFile(file)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

func connect() *pgx.Conn {
	config, err := pgx.ParseConfig(os.Getenv("QUARKUS_DATASOURCE_REACTIVE_URL"))
	check(err)
	config.User = os.Getenv("QUARKUS_DATASOURCE_USERNAME")
	config.Password = os.Getenv("QUARKUS_DATASOURCE_PASSWORD")
	if bundle := os.Getenv("QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM_CERTS"); bundle != "" {
		config.TLSConfig = &tls.Config{RootCAs: authorities(bundle), ServerName: config.Host}
	} else {
		config.TLSConfig = nil
	}
	config.Fallbacks = nil
	connection, err := pgx.ConnectConfig(background, config)
	check(err)
	return connection
}

func fetchKeys() map[string]*rsa.PublicKey {
	location, err := url.Parse(os.Getenv("MP_JWT_VERIFY_PUBLICKEY_LOCATION"))
	check(err)
	var document []byte
	if location.Scheme == "file" {
		document, err = os.ReadFile(location.Path)
		check(err)
	} else {
		config := &tls.Config{RootCAs: authorities(os.Getenv("QUARKUS_TLS_TRUST_STORE_PEM_CERTS"))}
		client := http.Client{Transport: &http.Transport{TLSClientConfig: config}}
		response, err := client.Get(location.String())
		check(err)
		defer response.Body.Close()
		document, err = io.ReadAll(response.Body)
		check(err)
	}
	var set struct{ Keys []struct{ Kid, N, E string } }
	check(json.Unmarshal(document, &set))
	keys := map[string]*rsa.PublicKey{}
	for _, key := range set.Keys {
		n, err := base64.RawURLEncoding.DecodeString(key.N)
		check(err)
		e, err := base64.RawURLEncoding.DecodeString(key.E)
		check(err)
		keys[key.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keys
}

func receipt() string {
	id := make([]byte, 16)
	_, err := rand.Read(id)
	check(err)
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func revoke(connection *pgx.Conn, account string) (row revoked, err error) {
	transaction, err := connection.BeginTx(background, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return row, err
	}
	defer transaction.Rollback(background)
	var id string
	if err = transaction.QueryRow(background, lock, account).Scan(&id); err != nil {
		return row, err
	}
	if err = transaction.QueryRow(background, revocation, receipt(), account).
		Scan(&row.receipt, &row.keys, &row.credits, &row.balance, &row.at); err != nil {
		return row, err
	}
	return row, transaction.Commit(background)
}

// Prepares and runs what a call does, for an account that cannot exist.
func prime(connection *pgx.Conn) {
	_, err := connection.Prepare(background, lock, lock)
	check(err)
	_, err = connection.Prepare(background, revocation, revocation)
	check(err)
	revoke(connection, "")
	connection.Exec(background, revocation, receipt(), "")
}

func handle(event []byte, keys map[string]*rsa.PublicKey, connection *pgx.Conn) any {
	var request struct{ Headers map[string]string }
	check(json.Unmarshal(event, &request))
	var claims jwt.MapClaims
	parser := jwt.Parser{ValidMethods: []string{"RS256"}}
	_, err := parser.ParseWithClaims(strings.TrimPrefix(request.Headers["authorization"], "Bearer "), &claims,
		func(token *jwt.Token) (any, error) {
			return keys[token.Header["kid"].(string)], nil
		})
	if err != nil || !claims.VerifyIssuer(os.Getenv("MP_JWT_VERIFY_ISSUER"), true) ||
		!claims.VerifyAudience(os.Getenv("MP_JWT_VERIFY_AUDIENCES"), true) ||
		!strings.Contains(" "+claims["scope"].(string)+" ", " proxy_keys:delete ") {
		return map[string]any{"statusCode": 401, "body": fmt.Sprint(err)}
	}
	row, err := revoke(connection, claims["sub"].(string))
	if err != nil {
		return map[string]any{"statusCode": 500, "body": fmt.Sprint(err)}
	}
	body := fmt.Sprintf(`{"deleted":%d,"credits_returned":%s,"balance":%s,"receipt":"%s","revoked_at":%d}`,
		row.keys, row.credits, row.balance, row.receipt, row.at)
	return map[string]any{"statusCode": 200, "headers": map[string]string{"Content-Type": "application/json",
		"Cache-Control": "no-store"}, "body": body}
}

func main() {
	fetched := make(chan map[string]*rsa.PublicKey)
	go func() { fetched <- fetchKeys() }()
	connection := connect()
	prime(connection)
	keys := <-fetched
	runtime := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(runtime + "next")
		check(err)
		event, err := io.ReadAll(next.Body)
		check(err)
		next.Body.Close()
		answer, err := json.Marshal(handle(event, keys, connection))
		check(err)
		done, err := http.Post(runtime+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", "application/json",
			bytes.NewReader(answer))
		check(err)
		io.Copy(io.Discard, done.Body)
		done.Body.Close()
	}
}
