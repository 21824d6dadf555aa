#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char **argv) {
    std::cout << "C++\n";
    for (const std::string &argument : std::vector<std::string>(argv + 1, argv + argc)) {
        std::cout << "argument: " << argument << "\n";
    }
    const char *greeting = std::getenv("GREETING");
    std::cout << "greeting: " << (greeting == nullptr ? "none" : greeting) << "\n";
    std::ifstream note("/note.txt");
    std::string line;
    if (!std::getline(note, line)) {
        return 1;
    }
    std::cout << "note: " << line << "\n";
}
