package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("Go")
	for _, argument := range os.Args[1:] {
		fmt.Println("argument:", argument)
	}
	fmt.Println("greeting:", os.Getenv("GREETING"))
	note, err := os.ReadFile("/note.txt")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print("note: ", string(note))
}
