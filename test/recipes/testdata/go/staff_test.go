package staff

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

const key = "sk_test_recipe"

// emulator is the address of a clerk-emulator that runs for the time of a test.
type emulator string

func start(t *testing.T) emulator {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "clerk-emulator", "--addr", "127.0.0.1:0", "--key", key)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the context of the test has ended, and with it the emulator
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return emulator(strings.TrimSpace(address))
}

func (e emulator) users() *user.Client {
	return user.NewClient(&clerk.ClientConfig{BackendConfig: clerk.BackendConfig{URL: clerk.String(string(e) + "/v1"), Key: clerk.String(key)}})
}

// control sends one of the emulator's own requests, and decodes the answer.
func (e emulator) control(t *testing.T, method, path, body string, answer any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, string(e)+"/_emulator"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	if answer != nil {
		if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
			t.Fatal(err)
		}
	}
}

const grace = `{"email_addresses":[{"email_address":"grace@example.com","verification":{"status":"verified"}}]}`

func TestBan(t *testing.T) {
	e := start(t)
	var seeded, atClerk clerk.User
	e.control(t, "POST", "/users", grace, &seeded)
	if id, err := Ban(t.Context(), e.users(), "grace@example.com"); err != nil || id != seeded.ID {
		t.Fatalf("Ban() = %s, %v", id, err)
	}
	if e.control(t, "GET", "/users/"+seeded.ID, "", &atClerk); !atClerk.Banned {
		t.Error("the user is not banned")
	}
	var writes []struct {
		Path   string
		Status int
	}
	e.control(t, "GET", "/journal?method=POST", "", &writes)
	if len(writes) != 1 || writes[0].Path != "/v1/users/"+seeded.ID+"/ban" || writes[0].Status != http.StatusOK {
		t.Errorf("the writes are %+v", writes)
	}
}

func TestBanWithoutAnAnswer(t *testing.T) {
	e := start(t)
	var seeded, atClerk clerk.User
	e.control(t, "POST", "/users", grace, &seeded)
	e.control(t, "POST", "/faults", `{"method":"POST","path":"/users/*/ban","after_applying":true,"cut":true}`, nil)
	if _, err := Ban(t.Context(), e.users(), "grace@example.com"); err == nil {
		t.Error("a lost answer is no error")
	}
	if e.control(t, "GET", "/users/"+seeded.ID, "", &atClerk); !atClerk.Banned {
		t.Error("Clerk carried out the request, and the user is not banned")
	}
}
